//! Who reads the photos.

use std::path::PathBuf;

use ai_inference::ProviderKind;
use ai_inference::provider::{ApiKey, OpenAi};
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
}

impl Default for Ai {
    fn default() -> Self {
        Self {
            ai_provider: AiProvider::Stub,
            ai_base_url: String::new(),
            ai_model: None,
            ai_api_key: None,
            ai_api_key_file: None,
            ai_daily_photos_per_family: ai_inference::Config::default().daily_photos,
        }
    }
}

impl Ai {
    /// As ai-inference wants it. Reads the key's file.
    pub fn settings(&self) -> Result<ai_inference::Config, Error> {
        let provider = match self.ai_provider {
            AiProvider::Stub => ProviderKind::Stub,
            AiProvider::Openai => {
                let model = self.ai_model.as_deref().unwrap_or_default();
                ProviderKind::OpenAi(OpenAi::new(&self.ai_base_url, model, self.api_key()?))
            }
        };
        Ok(ai_inference::Config {
            provider,
            daily_photos: self.ai_daily_photos_per_family,
            ..Default::default()
        })
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

    fn settings(arguments: &[&str]) -> Option<String> {
        let praan = Praan::try_parse_from(["praan"].iter().chain(arguments)).ok()?;
        Some(praan.up.ai.settings().map_or_else(|error| error.to_string(), |config| format!("{config:?}")))
    }

    #[test]
    fn a_model_needs_its_name_and_its_key_is_never_seen() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        std::fs::write(&file, "sk-secret\n").unwrap();
        let file = file.to_str().unwrap();

        assert!(settings(&[]).unwrap().contains("Stub"));
        let openai = ["--ai-provider", "openai", "--ai-model", "sees"];
        assert_eq!(settings(&openai[..2]), None, "a model has a name");
        for key in [&["--ai-api-key", "sk-secret"], &["--ai-api-key-file", file]] {
            let settings = settings(&[&openai[..], key].concat()).unwrap();
            assert!(settings.contains("api_key: Some(ApiKey)") && settings.contains("sees"), "{settings}");
            assert!(!settings.contains("secret"), "{settings}");
        }
        let both = ["--ai-api-key", "x", "--ai-api-key-file", file];
        assert_eq!(settings(&[&openai[..], &both].concat()), None, "which one?");
        let missing = settings(&[&openai[..], &["--ai-api-key-file", "/no/such/key"]].concat()).unwrap();
        assert!(missing.contains("/no/such/key cannot be read"), "{missing}");
        assert_eq!(settings(&["--ai-daily-photos-per-family", "0"]), None);
    }
}
