"""Pages of those who run a hub: people, namespaces, mirrors, the audit log. What is public is not shown again here."""
