//! What is shown as an example is taken by the Event API, whatever the rules.
