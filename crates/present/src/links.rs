//! Where the catalogue's pages are: on a server, or as files beside each other.

/// How one page of the catalogue refers to the others. Names of events are snake_case: they stand in paths as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Links {
    /// Paths of the server.
    Server,
    /// Files, from the catalogue's own folder.
    Files,
    /// Files, from the folder of the events' files.
    FilesFromEvent,
}

impl Links {
    pub(crate) fn list(self) -> String {
        match self {
            Self::Server => "/events".to_owned(),
            Self::Files | Self::FilesFromEvent => format!("{}index.html", self.up()),
        }
    }

    pub(crate) fn event(self, name: &str) -> String {
        match self {
            Self::Server => format!("/events/{name}"),
            Self::Files | Self::FilesFromEvent => format!("{}events/{name}.html", self.up()),
        }
    }

    pub(crate) fn adoption(self) -> String {
        match self {
            Self::Server => "/adoption".to_owned(),
            Self::Files | Self::FilesFromEvent => format!("{}adoption.html", self.up()),
        }
    }

    pub(crate) fn style(self) -> String {
        match self {
            Self::Server => "/assets/judi.css".to_owned(),
            Self::Files | Self::FilesFromEvent => format!("{}judi.css", self.up()),
        }
    }

    pub(crate) const fn is_server(self) -> bool {
        matches!(self, Self::Server)
    }

    const fn up(self) -> &'static str {
        match self {
            Self::Server | Self::Files => "",
            Self::FilesFromEvent => "../",
        }
    }
}
