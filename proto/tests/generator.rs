//! What the generator of the checks refuses: a rule that is written down and not applied would be worse than none.

#[path = "../build/checks.rs"]
mod checks;
#[path = "../build/rules.rs"]
mod rules;
#[path = "../build/validate.rs"]
mod validate;

use std::error::Error;
use std::fs;
use std::path::Path;

/// Generates the checks of one message `M` with these fields.
fn generate(name: &str, fields: &str) -> Result<String, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("generator");
    let file = format!("praan/{name}/v1/test.proto");
    fs::create_dir_all(root.join(format!("praan/{name}/v1")))?;
    let text = format!(
        "syntax = \"proto3\";\npackage praan.{name}.v1;\n\
         import \"buf/validate/validate.proto\";\nimport \"google/api/field_behavior.proto\";\n\
         enum Kind {{ KIND_UNSPECIFIED = 0; KIND_ONE = 1; }}\nmessage M {{\n{fields}\n}}\n"
    );
    fs::write(root.join(&file), text)?;
    let mut compiler = protox::Compiler::new([root.as_path(), Path::new(env!("CARGO_MANIFEST_DIR"))])?;
    compiler.include_imports(true).open_file(&file)?;
    // encoded and decoded, as build.rs does
    let pool = prost_reflect::DescriptorPool::decode(compiler.encode_file_descriptor_set().as_slice())?;
    validate::generate(&pool)
}

#[test]
fn a_rule_it_does_not_know_fails_the_build() {
    let cases = [
        ("prefix", "string a = 1 [(buf.validate.field).string.prefix = \"x\"];", "`prefix`"),
        ("uuid", "string a = 1 [(buf.validate.field).string.uuid = true];", "`uuid`"),
        ("constant", "int32 a = 1 [(buf.validate.field).int32.const = 3];", "`const`"),
        ("among", "double a = 1 [(buf.validate.field).double.in = 3];", "`in`"),
        ("foreign", "int64 a = 1 [(buf.validate.field).int32.gt = 3];", "`int32`"),
        ("required", "string a = 1 [(buf.validate.field).required = true];", "`required`"),
        (
            "cel",
            "string a = 1 [(buf.validate.field).cel = {id: \"a\", expression: \"this != ''\"}];",
            "`cel`",
        ),
        ("whole", "option (buf.validate.message).cel = {id: \"a\"}; string a = 1;", "buf.validate.message"),
        (
            "either",
            "oneof o { option (buf.validate.oneof).required = true; string a = 1; }",
            "buf.validate.oneof",
        ),
        ("maps", "map<string, string> a = 1 [(buf.validate.field).map.max_pairs = 3];", "`map`"),
        ("floats", "float a = 1;", "type"),
        ("fixed", "string a = 1 [(google.api.field_behavior) = IMMUTABLE];", "field_behavior"),
        ("nested", "message N {} N a = 1;", "nested"),
    ];
    for (name, fields, expected) in cases {
        let error = generate(name, fields).expect_err(name).to_string();
        assert!(error.contains(&format!("praan.{name}.v1")) && error.contains(expected), "{name}: {error}");
    }
}

#[test]
fn a_rule_that_cannot_hold_fails_the_build() {
    let cases = [
        ("backward", "int32 a = 1 [(buf.validate.field).int32 = {gt: 5, lt: 3}];"),
        ("zero", "int32 a = 1 [(google.api.field_behavior) = REQUIRED];"),
        ("unsaid", "Kind a = 1 [(google.api.field_behavior) = REQUIRED];"),
        ("unknown", "Kind a = 1 [(buf.validate.field).enum = {in: [7]}];"),
        ("quadratic", "repeated string a = 1 [(buf.validate.field).repeated.unique = true];"),
        ("pattern", "string a = 1 [(buf.validate.field).string.pattern = \"(\"];"),
        ("chosen", "oneof o { string a = 1 [(google.api.field_behavior) = REQUIRED]; }"),
    ];
    for (name, fields) in cases {
        let error = generate(name, fields).expect_err(name).to_string();
        assert!(error.contains(&format!("praan.{name}.v1.M")), "{name}: {error}");
    }
}

#[test]
fn what_it_knows_it_writes() {
    let code =
        generate("known", "optional double a = 1 [(buf.validate.field).double = {gte: 1, lt: 2}];").unwrap();
    assert!(code.contains("must be at least 1 and below 2"), "{code}");
}
