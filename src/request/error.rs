//! Why a request is refused: a code for logs and metrics, and a fixed text. Never a part of the request.
//!
//! All of them are the client's doing (HTTP status 400).

/// Declares the reasons for which one part of a request is refused.
macro_rules! refusals {
    (
        $(#[$doc:meta])*
        $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $reason:literal, $text:literal;)* }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
        pub enum $name {
            $($(#[$variant_doc])* #[error($text)] $variant,)*
        }

        impl $name {
            /// A code such as `path.double_slash`, which stays as it is.
            #[must_use]
            pub const fn reason(self) -> &'static str {
                match self {
                    $(Self::$variant => $reason,)*
                }
            }
        }
    };
}

refusals! {
    /// Why a request target or its path is not canonical.
    PathError {
        /// As in `CONNECT host:443`, for which Envoy sends no path.
        Empty = "path.empty", "the path is empty";
        TooLong = "path.too_long", "the request target is too long";
        /// `OPTIONS *`
        AsteriskForm = "path.asterisk_form", "the request target is `*`";
        AbsoluteForm = "path.absolute_form", "the request target is a whole URL";
        AuthorityForm = "path.authority_form", "the request target is a host";
        NoLeadingSlash = "path.no_leading_slash", "the path does not begin with a slash";
        /// A `!`, for which Envoy may have been sent a byte that is not UTF-8; it does not say which.
        Doubtful = "path.doubtful", "the request target has a `!`, which Envoy may have written for another byte";
        /// From the line `:path`.
        Differs = "path.differs", "the request target and the header `:path` differ";
        Fragment = "path.fragment", "the request target has a fragment";
        DoubleSlash = "path.double_slash", "the path has an empty segment";
        DotSegment = "path.dot_segment", "the path has a dot segment";
        EncodedSlash = "path.encoded_slash", "the path has an encoded slash";
        EncodedDot = "path.encoded_dot", "the path has an encoded dot";
        /// Encoded or not.
        Backslash = "path.backslash", "the path has a backslash";
        /// A semicolon, encoded or not: some servers cut segments there, and some decode first.
        Parameters = "path.parameters", "the path has a semicolon";
        /// `%3F` or `%23`: a server that decodes before it splits would see a query or fragment.
        EncodedDelimiter = "path.encoded_delimiter", "the path has an encoded `?` or `#`";
        DoubleEncoding = "path.double_encoding", "the path has an encoded percent sign";
        EncodedUnreserved = "path.encoded_unreserved", "the path has an encoded character that needs no encoding";
        LowerCaseEscape = "path.lower_case_escape", "the path has an escape in lower case";
        BadEscape = "path.bad_escape", "the path has a percent sign that begins no escape";
        /// Encoded or not.
        ControlByte = "path.control_byte", "the path has a control character";
        NotAscii = "path.not_ascii", "the path has a byte that must be encoded";
        NotUtf8 = "path.not_utf8", "the path is not UTF-8";
        IllegalCharacter = "path.illegal_character", "the path has a character that must be encoded";
        /// Windows drops them.
        TrailingDotOrSpace = "path.trailing_dot_or_space", "a segment of the path ends in a dot or space";
    }
}

refusals! {
    /// Why a host is refused.
    HostError {
        Missing = "host.missing", "there is no host";
        Malformed = "host.malformed", "the host is not a name or an address";
        BadPort = "host.bad_port", "the port of the host is not a number";
    }
}

refusals! {
    /// Why a method is refused.
    MethodError {
        Malformed = "method.malformed", "the method is not a token in upper case";
    }
}

refusals! {
    /// Why a header, or the headers, are refused.
    HeaderError {
        TooMany = "header.too_many", "there are too many headers";
        /// Servers behind us may obey it, and serve something else than what was decided about.
        ChangesMeaning = "header.changes_meaning", "a header would change the method or path of the request";
        HostDiffers = "header.host_differs", "the host header and the authority differ";
        /// Two lines, or a comma: Envoy joins some headers with commas in both of its forms.
        Repeated = "header.repeated", "a header that is read has more than one value";
        /// `x_tenant` for `x-tenant`: servers that read both as one name may take either.
        OtherSpelling = "header.other_spelling", "a header that is read has a second spelling";
        /// Also `!` in the joined form, where Envoy replaces bytes with it.
        NotText = "header.not_text", "a header that is read is not text";
    }
}

refusals! {
    /// Why the query is refused.
    QueryError {
        BadEscape = "query.bad_escape", "the query has a percent sign that begins no escape";
        NotUtf8 = "query.not_utf8", "the query is not UTF-8";
        NotAscii = "query.not_ascii", "the query has a byte that must be encoded";
        ControlByte = "query.control_byte", "the query has a control character";
        /// `_method`
        ChangesMeaning = "query.changes_meaning", "a query parameter would change the method of the request";
        Repeated = "query.repeated", "a query parameter that is read is repeated";
        /// Such as `Org` or `org[]` for `org`.
        OtherSpelling = "query.other_spelling", "a query parameter that is read has a second spelling";
        /// Some servers split there too.
        Semicolon = "query.semicolon", "a query that is read has a semicolon";
        /// Some servers do not look at the last ones.
        TooMany = "query.too_many", "a query that is read has too many parameters";
    }
}

refusals! {
    /// Why the body is refused, if it is read.
    BodyError {
        /// `_method`
        ChangesMeaning = "body.changes_meaning", "a field of the form would change the method of the request";
        Partial = "body.partial", "the body was not sent in full";
        /// Envoy is not configured to send it.
        NotSent = "body.not_sent", "the body was not sent";
        /// A `!` in a body that came as text (`pack_as_bytes`), where Envoy writes it for other bytes.
        Doubtful = "body.doubtful", "the body has a `!`, which Envoy may have written for another byte";
        NotJson = "body.not_json", "the content type of the body is not JSON";
        Encoded = "body.encoded", "the body has a content encoding";
        TooLarge = "body.too_large", "the body is too large";
        TooDeep = "body.too_deep", "the body is nested too deeply";
        TooManyValues = "body.too_many_values", "the body has too many values";
        RepeatedKey = "body.repeated_key", "the body has an object with a repeated key";
        Malformed = "body.malformed", "the body is not well-formed JSON";
    }
}

refusals! {
    /// Why the peer, or the chain of proxies before it, is refused.
    PeerError {
        /// Without it no entry can be told from what a client wrote (`use_remote_address`).
        ForwardedByOther = "peer.forwarded_by_other", "x-forwarded-for does not end with the peer of Envoy";
        ChainTooShort = "peer.chain_too_short", "x-forwarded-for has fewer entries than there are trusted hops";
        NotAnAddress = "peer.not_an_address", "the entry of x-forwarded-for is not an address";
        MalformedCertificate = "peer.malformed_certificate", "the client certificate cannot be read";
        MalformedPrincipal = "peer.malformed_principal", "the principal of the client certificate is not text";
    }
}

/// Why a request is refused before anybody asks what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum RequestError {
    #[error(transparent)]
    Method(#[from] MethodError),
    #[error(transparent)]
    Host(#[from] HostError),
    #[error(transparent)]
    Path(#[from] PathError),
    #[error(transparent)]
    Query(#[from] QueryError),
    #[error(transparent)]
    Header(#[from] HeaderError),
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error(transparent)]
    Peer(#[from] PeerError),
}

// === impl RequestError ===

impl RequestError {
    /// A code such as `path.double_slash`, which stays as it is.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Method(error) => error.reason(),
            Self::Host(error) => error.reason(),
            Self::Path(error) => error.reason(),
            Self::Query(error) => error.reason(),
            Self::Header(error) => error.reason(),
            Self::Body(error) => error.reason(),
            Self::Peer(error) => error.reason(),
        }
    }
}
