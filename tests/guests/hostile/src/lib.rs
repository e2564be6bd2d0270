//! A guest that misbehaves on request.
wit_bindgen::generate!({ path: "../../../wit", world: "source-plugin" });
