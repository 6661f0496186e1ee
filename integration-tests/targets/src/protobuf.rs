use prost::{Message, Name};
use proto::Validate;

/// Most violations that one answer tells.
const MOST_VIOLATIONS: usize = 20;

/// The requests of the contract, and what is done with each.
macro_rules! requests {
    ($($module:ident: $($request:ident)*;)*) => {
        /// The full names of the messages that [`protobuf`] reads.
        pub fn requests() -> Vec<String> {
            vec![$($(<proto::$module::v1::$request as Name>::full_name(),)*)*]
        }

        /// The bytes are the message of any request.
        pub fn protobuf(data: &[u8]) {
            $($(read::<proto::$module::v1::$request>(data);)*)*
        }

        /// Whether the bytes are a message by that name that the contract allows; none when they are no such message at all.
        pub(crate) fn is_valid(name: &str, bytes: &[u8]) -> Option<bool> {
            $($(if name == <proto::$module::v1::$request as Name>::full_name() {
                return proto::$module::v1::$request::decode(bytes).ok().map(|message| message.validate().is_ok());
            })*)*
            None
        }

        /// Whether both are the same message of that name.
        pub(crate) fn is_same(name: &str, one: &[u8], other: &[u8]) -> bool {
            $($(if name == <proto::$module::v1::$request as Name>::full_name() {
                let [one, other] = [one, other].map(proto::$module::v1::$request::decode);
                return one.unwrap() == other.unwrap();
            })*)*
            false
        }
    };
}

requests! {
    adherence: GetAdherenceRequest GetDashboardRequest GetLeaderboardRequest WatchProgramRequest RecordLogRequest
        ListAuditRequest;
    ai_inference: GetInferenceRequest KeepInferencesRequest;
    family: GetFamilyRequest InviteManagerRequest ListFamilyInvitationsRequest WithdrawInvitationRequest
        ListInvitationsRequest AcceptInvitationRequest DeclineInvitationRequest ListManagersRequest RemoveManagerRequest
        CreateMemberRequest ListMembersRequest GetMemberRequest UpdateMemberRequest DeleteMemberRequest RestoreMemberRequest
        CreateGrantRequest ListGrantsRequest DeleteGrantRequest AuthorizeMemberRequest GetHouseholdRequest
        GetMemberRecordRequest ListGrantRecordsRequest BeginImportRequest FinishImportRequest ListAuditRequest
        ListChangesRequest;
    identity: RegisterRequest LoginRequest SignInWithIdTokenRequest StartOidcSignInRequest FinishOidcSignInRequest
        RefreshRequest LogoutRequest ListSessionsRequest DeleteSessionRequest GetJwksRequest GetMeRequest UpdateMeRequest
        ChangePasswordRequest DeleteMeRequest CheckSessionRequest LookupUserRequest ListUsersRequest;
    logging: CreateLogRequest GetLogRequest ListRevisionsRequest AmendLogRequest VerifyLogRequest GetLogImageRequest
        ListHistoryRequest CreateUploadRequest ListAuditTrailRequest ExportMemberRequest ImportMemberRequest;
    program: CreateProgramRequest ListProgramsRequest GetProgramRequest UpdateProgramRequest DeleteProgramRequest
        RestoreProgramRequest PauseProgramRequest ResumeProgramRequest CompleteProgramRequest GetConfigRequest
        ReplaceConfigRequest AuthorizeProgramRequest GetPlanRequest ListProgramRecordsRequest ImportProgramsRequest ListAuditRequest
        ListChangesRequest;
}

fn read<M: Message + Default + PartialEq + Validate>(data: &[u8]) {
    let Ok(message) = M::decode(data) else { return };
    let written = message.encode_to_vec();
    let again = M::decode(written.as_slice()).unwrap();
    assert_eq!(again.encoded_len(), written.len());
    match message.validate() {
        // no number of a valid one is NaN, so that equal messages are equal
        Ok(()) => assert!(again == message && again.validate().is_ok()),
        Err(violations) => {
            assert!((1..=MOST_VIOLATIONS).contains(&violations.len()));
            assert!(violations.iter().all(|violation| !violation.field.is_empty()));
        }
    }
}
