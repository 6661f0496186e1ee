//! The names of a photo in the object store.
//!
//! A photo is uploaded under one name and kept under another. The client may put to the first for as long as its link
//! lives; the second is written by the worker alone, after the photo was checked and stripped of all it carried besides
//! the picture, so nothing unchecked is ever served.

use uuid::Uuid;

use super::Scope;

/// The kinds of images that may be uploaded, with their file endings.
const ENDINGS: [(&str, &str); 3] = [("image/jpeg", "jpg"), ("image/png", "png"), ("image/webp", "webp")];

/// The name of an uploaded photo, which belongs to one program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageKey {
    scope: Scope,
    photo: Uuid,
    ending: &'static str,
}

impl ImageKey {
    /// Names a new photo; `None` for a kind of content that is not taken.
    pub fn new(scope: Scope, photo: Uuid, content_type: &str) -> Option<Self> {
        let (_, ending) = ENDINGS.iter().find(|(kind, _)| *kind == content_type)?;
        Some(Self { scope, photo, ending })
    }

    /// Reads a name; `None` alike for what is malformed and for what belongs to another program.
    pub fn parse(key: &str, scope: Scope) -> Option<Self> {
        let (photo, ending) = key.strip_prefix(&folder(scope))?.split_once('.')?;
        let (_, ending) = ENDINGS.iter().find(|(_, known)| *known == ending)?;
        let parsed = Self { scope, photo: Uuid::try_parse(photo).ok()?, ending };
        (parsed.upload() == key).then_some(parsed)
    }

    /// Where the client puts the photo.
    pub fn upload(&self) -> String {
        format!("{}{}.{}", folder(self.scope), self.photo, self.ending)
    }

    /// Where the checked photo is kept, as a JPEG.
    pub fn kept(&self) -> String {
        format!("{}kept/{}.jpg", folder(self.scope), self.photo)
    }

    /// Where its thumbnail is kept, as a JPEG too.
    pub fn thumbnail(&self) -> String {
        format!("{}kept/{}.thumbnail.jpg", folder(self.scope), self.photo)
    }
}

/// Where all photos of a program are.
pub fn folder(scope: Scope) -> String {
    format!("families/{}/programs/{}/", scope.family_id, scope.program_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCOPE: Scope = Scope { family_id: 7, program_id: 42 };
    const PHOTO: &str = "0199b8a0-1c2d-4e3f-8a4b-5c6d7e8f9a0b";

    #[test]
    fn a_key_reads_back_as_it_was_made() {
        for (content_type, ending) in ENDINGS {
            let key = ImageKey::new(SCOPE, PHOTO.parse().unwrap(), content_type).unwrap();
            assert_eq!(key.upload(), format!("families/7/programs/42/{PHOTO}.{ending}"));
            assert_eq!(ImageKey::parse(&key.upload(), SCOPE).unwrap(), key);
            assert_eq!(key.kept(), format!("families/7/programs/42/kept/{PHOTO}.jpg"));
            assert_eq!(key.thumbnail(), format!("families/7/programs/42/kept/{PHOTO}.thumbnail.jpg"));
        }
        assert_eq!(ImageKey::new(SCOPE, Uuid::nil(), "image/gif"), None);
    }

    #[test]
    fn a_foreign_or_malformed_key_is_none() {
        for key in [
            format!("families/8/programs/42/{PHOTO}.jpg"),
            format!("families/7/programs/43/{PHOTO}.jpg"),
            format!("families/7/programs/42/kept/{PHOTO}.jpg"),
            format!("families/7/programs/42/kept/{PHOTO}.thumbnail.jpg"),
            format!("families/7/programs/42/{PHOTO}.thumbnail.jpg"),
            format!("families/7/programs/42/../43/{PHOTO}.jpg"),
            format!("/families/7/programs/42/{PHOTO}.jpg"),
            format!("families/07/programs/42/{PHOTO}.jpg"),
            format!("families/7/programs/42/{PHOTO}.gif"),
            format!("families/7/programs/42/{PHOTO}"),
            format!("families/7/programs/42/{PHOTO}.jpg.png"),
            format!("families/7/programs/42/{}.jpg", PHOTO.to_uppercase()),
            format!("families/7/programs/42/{}.jpg", PHOTO.replace('-', "")),
            format!("families/7/programs/42/{{{PHOTO}}}.jpg"),
            "families/7/programs/42/.jpg".into(),
            String::new(),
        ] {
            assert_eq!(ImageKey::parse(&key, SCOPE), None, "{key}");
        }
    }
}
