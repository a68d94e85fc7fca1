//! Generated code, fenced off: it answers to its generator, not to our lints.

#![expect(
    clippy::too_many_lines,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::doc_markdown,
    clippy::default_trait_access,
    clippy::missing_errors_doc,
    reason = "generated code answers to its generator"
)]

pub mod cerbos {
    pub mod audit {
        pub mod v1 {
            tonic::include_proto!("cerbos.audit.v1");
        }
    }
    pub mod effect {
        pub mod v1 {
            tonic::include_proto!("cerbos.effect.v1");
        }
    }
    pub mod schema {
        pub mod v1 {
            tonic::include_proto!("cerbos.schema.v1");
        }
    }
    pub mod engine {
        pub mod v1 {
            tonic::include_proto!("cerbos.engine.v1");
        }
    }
    pub mod request {
        pub mod v1 {
            tonic::include_proto!("cerbos.request.v1");
        }
    }
    pub mod response {
        pub mod v1 {
            tonic::include_proto!("cerbos.response.v1");
        }
    }
    pub mod svc {
        pub mod v1 {
            tonic::include_proto!("cerbos.svc.v1");
        }
    }
}
pub mod authzen {
    pub mod authorization {
        pub mod v1 {
            tonic::include_proto!("authzen.authorization.v1");
        }
    }
}
pub mod buf {
    pub mod validate {
        tonic::include_proto!("buf.validate");
    }
}
pub mod google {
    pub mod rpc {
        tonic::include_proto!("google.rpc");
    }
}
