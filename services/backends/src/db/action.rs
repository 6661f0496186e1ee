/// What was done to a resource, for the audit trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each says itself")]
pub enum Action {
    Create,
    Read,
    Update,
    Delete,
    Restore,
    Erase,
    Export,
    Import,
    Upload,
    Amend,
    Verify,
    Pause,
    Resume,
    Complete,
    Fail,
    Grant,
    Revoke,
    Register,
    Lock,
    Login,
    Refresh,
    Logout,
    Unlock,
}

impl Action {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Read => "READ",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Restore => "RESTORE",
            Self::Erase => "ERASE",
            Self::Export => "EXPORT",
            Self::Import => "IMPORT",
            Self::Upload => "UPLOAD",
            Self::Amend => "AMEND",
            Self::Verify => "VERIFY",
            Self::Pause => "PAUSE",
            Self::Resume => "RESUME",
            Self::Complete => "COMPLETE",
            Self::Fail => "FAIL",
            Self::Grant => "GRANT",
            Self::Revoke => "REVOKE",
            Self::Register => "REGISTER",
            Self::Lock => "LOCK",
            Self::Login => "LOGIN",
            Self::Refresh => "REFRESH",
            Self::Logout => "LOGOUT",
            Self::Unlock => "UNLOCK",
        }
    }
}
