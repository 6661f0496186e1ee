//! Who reads the photos.

use std::path::PathBuf;
use std::sync::Arc;

use ai_inference::provider::{ApiKey, OpenAi, OpenAiProvider, Provider, StubProvider};
use chassis::Error;
use clap::{Args, ValueEnum};

use crate::secret::Secret;

/// The options of the reading of photos; they matter where `ai-inference` stands.
#[derive(Clone, Args)]
#[command(next_help_heading = "Reading of photos")]
pub struct Ai {
    /// Who reads the photos.
    #[arg(long, env = "PRAAN_AI_PROVIDER", default_value = "stub", value_name = "PROVIDER")]
    pub ai_provider: AiProvider,
    /// For openai: where the model is, also on a machine of yours, such as http://vllm:8000/v1.
    #[arg(long, env = "PRAAN_AI_BASE_URL", default_value = "https://api.openai.com/v1", value_name = "URL")]
    pub ai_base_url: String,
    /// For openai: the name of the model; it must take images and answer by a JSON schema.
    #[arg(long, env = "PRAAN_AI_MODEL", value_name = "NAME", required_if_eq("ai_provider", "openai"))]
    pub ai_model: Option<String>,
    /// For openai: the API key; a server of your own may need none.
    #[arg(
        long,
        env = "PRAAN_AI_API_KEY",
        hide_env_values = true,
        value_name = "KEY",
        conflicts_with = "ai_api_key_file"
    )]
    pub ai_api_key: Option<Secret>,
    /// For openai: the file with the API key.
    #[arg(long, env = "PRAAN_AI_API_KEY_FILE", value_name = "FILE")]
    pub ai_api_key_file: Option<PathBuf>,
    /// For onnx: the model, which takes a picture as 1×3×H×W numbers, as those of ImageNet do, and tells foods apart.
    #[arg(long, env = "PRAAN_AI_MODEL_FILE", value_name = "FILE", required_if_eq("ai_provider", "onnx"))]
    pub ai_model_file: Option<PathBuf>,
    /// For onnx: a JSON list of the foods in the order of the model's outputs, null for one that is no food. Each has a
    /// name, its usual portion_g, and for 100 g of it calories, protein_g, carbs_g, fat_g, fiber_g and sugar_g.
    #[arg(long, env = "PRAAN_AI_LABELS_FILE", value_name = "FILE", required_if_eq("ai_provider", "onnx"))]
    pub ai_labels_file: Option<PathBuf>,
    /// How many photos a family may have read in a day, which ends at midnight UTC. A photo beyond them fails and says so.
    #[arg(
        long,
        env = "PRAAN_AI_DAILY_PHOTOS_PER_FAMILY",
        default_value_t = ai_inference::Config::default().daily_photos,
        value_parser = clap::value_parser!(u32).range(1..),
        value_name = "COUNT"
    )]
    pub ai_daily_photos_per_family: u32,
}

/// Who can read photos.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AiProvider {
    /// Nobody: a made-up meal, always the same for the same photo.
    Stub,
    /// A model behind the chat completions of OpenAI, there or on any server that speaks them.
    Openai,
    /// A model of your own within the process; only in a praan that is built with `--features onnx`.
    Onnx,
}

impl Default for Ai {
    fn default() -> Self {
        Self {
            ai_provider: AiProvider::Stub,
            ai_base_url: String::new(),
            ai_model: None,
            ai_api_key: None,
            ai_api_key_file: None,
            ai_model_file: None,
            ai_labels_file: None,
            ai_daily_photos_per_family: ai_inference::Config::default().daily_photos,
        }
    }
}

impl Ai {
    /// As ai-inference wants it.
    pub fn settings(&self) -> ai_inference::Config {
        ai_inference::Config { daily_photos: self.ai_daily_photos_per_family, ..Default::default() }
    }

    /// Who reads the photos. Reads the files that are named.
    pub fn provider(&self) -> Result<Arc<dyn Provider>, Error> {
        Ok(match self.ai_provider {
            AiProvider::Stub => Arc::new(StubProvider),
            AiProvider::Openai => Arc::new(OpenAiProvider::new(self.openai()?)?),
            AiProvider::Onnx => self.onnx()?,
        })
    }

    fn openai(&self) -> Result<OpenAi, Error> {
        let model = self.ai_model.as_deref().unwrap_or_default();
        Ok(OpenAi::new(&self.ai_base_url, model, self.api_key()?))
    }

    #[cfg(feature = "onnx")]
    fn onnx(&self) -> Result<Arc<dyn Provider>, Error> {
        let [model, labels] =
            [&self.ai_model_file, &self.ai_labels_file].map(|file| file.as_deref().unwrap_or("".as_ref()));
        Ok(Arc::new(onnx::OnnxProvider::load(model, labels)?))
    }

    #[cfg(not(feature = "onnx"))]
    fn onnx(&self) -> Result<Arc<dyn Provider>, Error> {
        Err(Error::illegal_state(
            "this praan is built without the runtime of models; build one with: cargo build --release --features onnx",
        ))
    }

    fn api_key(&self) -> Result<Option<ApiKey>, Error> {
        let Some(path) = &self.ai_api_key_file else {
            return self.ai_api_key.as_ref().map(|key| ApiKey::new(key.reveal())).transpose();
        };
        let key = std::fs::read_to_string(path).map_err(|error| {
            Error::illegal_state(format!("the API key file {} cannot be read: {error}", path.display()))
        })?;
        ApiKey::new(&key).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use crate::options::Praan;

    use super::*;

    fn ai(arguments: &[&str]) -> Option<Ai> {
        Some(Praan::try_parse_from(["praan"].iter().chain(arguments)).ok()?.up.common.ai)
    }

    /// The model that reads, or why there is none.
    fn model(arguments: &[&str]) -> Option<String> {
        let provider = ai(arguments)?.provider();
        Some(provider.map_or_else(|error| error.to_string(), |provider| provider.model().to_owned()))
    }

    #[test]
    fn a_model_needs_its_name_and_its_key_is_never_seen() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        std::fs::write(&file, "sk-secret\n").unwrap();
        let file = file.to_str().unwrap();

        assert_eq!(model(&[]).unwrap(), "stub/1");
        let openai = ["--ai-provider", "openai", "--ai-model", "sees"];
        assert_eq!(model(&openai[..2]), None, "a model has a name");
        for key in [&["--ai-api-key", "sk-secret"], &["--ai-api-key-file", file]] {
            let arguments = [&openai[..], key].concat();
            assert_eq!(model(&arguments).unwrap(), "openai/sees");
            let settings = format!("{:?}", ai(&arguments).unwrap().openai().unwrap());
            assert!(settings.contains("api_key: Some(ApiKey)"), "{settings}");
            assert!(!settings.contains("secret"), "{settings}");
        }
        let both = ["--ai-api-key", "x", "--ai-api-key-file", file];
        assert_eq!(model(&[&openai[..], &both].concat()), None, "which one?");
        let missing = model(&[&openai[..], &["--ai-api-key-file", "/no/such/key"]].concat()).unwrap();
        assert!(missing.contains("/no/such/key cannot be read"), "{missing}");
        assert_eq!(model(&["--ai-daily-photos-per-family", "0"]), None);
    }

    #[test]
    fn a_model_of_ones_own_needs_both_files_and_a_praan_that_can_run_it() {
        let onnx =
            ["--ai-provider", "onnx", "--ai-model-file", "/no/such/model", "--ai-labels-file", "/none"];
        assert_eq!(model(&onnx[..2]), None);
        assert_eq!(model(&onnx[..4]), None, "what do its outputs stand for?");
        let refused = model(&onnx).unwrap();
        let why = match cfg!(feature = "onnx") {
            true => "the model file /no/such/model cannot be used: ",
            false => "cargo build --release --features onnx",
        };
        assert!(refused.contains(why), "{refused}");
    }
}
