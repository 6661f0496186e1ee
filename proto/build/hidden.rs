//! Writes a `Debug` for every message of `praan.*`, and for the body that a document travels in, that tells its name and nothing of what it holds: tonic and tests ask for one,
//! and health data, tokens and passwords travel in these.

use std::fmt::Write;

use prost_reflect::{DescriptorPool, MessageDescriptor};

use crate::rules::Result;
use crate::validate::{camel, snake};

/// The messages.
pub fn messages(pool: &DescriptorPool) -> impl Iterator<Item = MessageDescriptor> {
    pool.all_messages().filter(|message| {
        let ours =
            message.package_name().starts_with("praan.") || message.full_name() == "google.api.HttpBody";
        ours && !message.is_map_entry()
    })
}

/// Writes the whole file.
pub fn generate(pool: &DescriptorPool) -> Result<String> {
    let mut code = String::new();
    for message in messages(pool) {
        let package = message.package_name().trim_start_matches("praan.").replace('.', "::");
        let mut types = vec![message.name().to_owned()];
        let oneofs = message.oneofs().filter(|oneof| !oneof.is_synthetic());
        types.extend(oneofs.map(|oneof| format!("{}::{}", snake(message.name()), camel(oneof.name()))));
        for name in types {
            let shown = format!("{name} {{ .. }}");
            writeln!(
                code,
                "impl ::core::fmt::Debug for crate::{package}::{name} {{
                    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {{ f.write_str({shown:?}) }}
                }}"
            )?;
        }
    }
    Ok(code)
}
