# syntax=docker/dockerfile:1

# Two images of one build: `portcullis`, the server, and `demo`, the outside world, whose issuer the
# server's image must not contain. Every base is published for amd64 and arm64, and nothing below
# names an architecture.

FROM rust:1.95-slim-bookworm AS source
WORKDIR /src
COPY . .
# Owned by the images' user, so that a volume mounted over it is, too.
RUN install --directory /empty

FROM source AS build-portcullis
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target,id=portcullis \
    cargo build --locked --profile dist --bin portcullis \
    && install --strip target/dist/portcullis /portcullis

FROM source AS build-demo
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target,id=demo \
    cargo build --locked --release --example demo \
    && install --strip target/release/examples/demo /demo

# A C library and no shell, run by nobody in particular (65532).
FROM gcr.io/distroless/cc-debian12:nonroot AS base

FROM base AS demo
COPY --from=source --chown=65532:65532 /empty /world
COPY --from=build-demo /demo /usr/local/bin/demo
ENTRYPOINT ["/usr/local/bin/demo"]

# Last, and so the one that a plain `docker build .` makes.
FROM base AS portcullis
COPY --from=build-portcullis /portcullis /usr/local/bin/portcullis
ENTRYPOINT ["/usr/local/bin/portcullis"]
