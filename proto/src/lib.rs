//! The contract of Praan: what every service offers, as gRPC messages, clients and servers, and what can be read from
//! the contract while the program runs.
//!
//! - [`identity`], [`family`], [`program`], [`logging`], [`ai_inference`], [`adherence`]: the generated code of each
//!   service, one module a package (`praan.family.v1` is [`family::v1`]); a message prints as its name, never its content;
//! - [`google::api::HttpBody`]: an answer that is no message, such as a document;
//! - [`Validate`]: whether a message obeys the rules written beside its fields;
//! - [`descriptors`]: the contract itself, with comments and options, from which the gateway and OpenAPI are made;
//! - [`access`]: who may call a method, [`idempotent`]: whether it may be called again, [`reads`]: whether it only reads, and
//!   [`streaming`]: whether its answer lasts.
//!
//! ```
//! use proto::{Validate, identity::v1::LoginRequest};
//!
//! let request = LoginRequest { email: "asha@example.com".into(), password: String::new(), restore: false };
//! let violations = request.validate().unwrap_err();
//! assert_eq!((violations[0].field.as_str(), violations[0].message.as_str()), ("password", "must be given"));
//! ```

mod access;
pub mod codec;
mod validate;

use std::sync::LazyLock;

use prost_reflect::DescriptorPool;

pub use access::{Access, access, idempotent, reads, short_name, streaming};
pub use validate::{Checker, Step, Validate, Violation};

/// The code that tonic and prost generate. Its documentation is the comments of the `.proto` files.
macro_rules! package {
    ($service:ident, $package:literal, $about:literal) => {
        #[doc = $about]
        pub mod $service {
            #[doc = concat!("The package `", $package, "`.")]
            #[allow(missing_docs, clippy::all, clippy::large_futures)]
            pub mod v1 {
                tonic::include_proto!($package);
            }
        }
    };
}

/// What the contract takes from the APIs of Google.
pub mod google {
    /// The package `google.api`.
    #[allow(missing_docs, clippy::all)]
    pub mod api {
        tonic::include_proto!("google.api");
    }
}

package!(audit, "audit.v1", "What every service says of its part of the audit trail.");
package!(
    identity,
    "praan.identity.v1",
    "Who somebody is: accounts, sessions and the tokens that prove them."
);
package!(family, "praan.family.v1", "Who belongs to whom: families, members, and who may see what.");
package!(program, "praan.program.v1", "What is planned: care programs and their goals.");
package!(logging, "praan.logging.v1", "What happened: meals, workouts, vital signs, and their photos.");
package!(ai_inference, "praan.ai_inference.v1", "What a photo shows.");
package!(adherence, "praan.adherence.v1", "How well it goes: scores.");

/// What a message shows of itself: its name.
#[allow(clippy::all)]
mod hidden {
    include!(concat!(env!("OUT_DIR"), "/hidden.rs"));
}

/// The whole contract as an encoded `google.protobuf.FileDescriptorSet`, with comments and options.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// The whole contract, to look things up in: every package, with comments and the options of `google.api` and `edge.v1`.
pub fn descriptors() -> &'static DescriptorPool {
    #[expect(
        clippy::expect_used,
        reason = "build.rs has decoded the same bytes, or there would be no program"
    )]
    static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
        DescriptorPool::decode(FILE_DESCRIPTOR_SET).expect("the built-in descriptors are sound")
    });
    &POOL
}
