//! praan-adherence
