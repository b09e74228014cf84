package dev.interlock.author;

import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Fact;
import dev.interlock.action.OperationTopic;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The permits and forbids of a starter policy. */
final class StarterCedar {

    private static final String BEYOND_READING = """
            // Anything but reading here needs a lease that names the environment, and a person signs for that: mostly
            // for some minutes, because the agent has asked for an elevation.

            """;

    private static final String ALONE = """
            // Nobody else can confirm yet. Once a second owner is in interlock.yaml, write @other below, after @confirm:
            // then the owner of an agent no longer confirms what it destroys.

            """;

    private static final String WITH_BACKUP = """
            // What holds data is destroyed only if a backup, kept elsewhere, was restored as a test within a day. Without
            // one such a call is refused. Declare plans under `backups` in interlock.yaml: docs/backups.md tells how. To
            // let people decide without a backup, delete these policies, or name operations under `unless`. In an
            // emergency use the provider's own console.

            """;

    /** The argument that is the name of a file, at every operation that reads one by its name. */
    private static final String FILE = Fact.ARGUMENT + Fact.FILE;

    private final StarterPolicy starter;
    private final CatalogFacts catalogs;
    private final Set<String> used;

    /** @param used the catalogs of all upstreams: a policy about another one could never fire */
    StarterCedar(StarterPolicy starter, CatalogFacts catalogs, Set<String> used) {
        this.starter = starter;
        this.catalogs = catalogs;
        this.used = new TreeSet<>(used);
    }

    String text() {
        StringBuilder text = new StringBuilder("""
            // The permits. Everything else is refused. See docs/policy.md.
            //
            // Each impact of a call, on each resource, in each environment that the resource is in, must be permitted
            // by itself: a resource shared with a protected environment needs that environment's permission too.

            """);
        for (String environment : starter.environments()) {
            text.append(permit("agents-may-read-in-" + environment, "", "read", environment));
            if (starter.asks()) {
                text.append(changes(environment, "", "@confirm(\"1 of owners\")"));
            } else {
                text.append(permit("agents-may-write-in-" + environment, "", "write", environment));
            }
            text.append(permit(
                    "an-owner-confirms-destruction-in-" + environment,
                    "@confirm(\"1 of owners\") @type_name\n",
                    "destroy",
                    environment));
        }
        for (String environment : starter.protectedEnvironments()) {
            text.append(permit("agents-may-read-in-" + environment, "", "read", environment));
        }
        if (!starter.protectedEnvironments().isEmpty()) {
            text.append(BEYOND_READING);
            if (starter.isAlone()) {
                text.append(ALONE);
            }
        }
        for (String environment : starter.protectedEnvironments()) {
            if (starter.asks()) {
                text.append(changes(environment, "context.lease.names_environment && ", confirmation()));
            } else {
                text.append(permit(
                        "agents-may-write-in-" + environment,
                        "",
                        "write",
                        environment,
                        "when { context.lease.names_environment }"));
            }
            text.append(permit(
                    (starter.isAlone() ? "an-owner" : "another-person") + "-confirms-destruction-in-" + environment,
                    confirmation() + " @cooldown(\"10m\") @type_name\n",
                    "destroy",
                    environment));
        }
        text.append(backups());
        if (readsFiles(used, catalogs)) {
            starter.environments().forEach(environment -> text.append(forbidSecretFiles("", environment, false)));
        }
        text.append(secrets("", starter.protectedEnvironments(), used, catalogs));
        return text.append("""
            @id("agents-meet-no-secrets")
            forbid (principal, action in Impact::Action::"credential", resource);
            """).toString();
    }

    private String confirmation() {
        return starter.isAlone() ? "@confirm(\"1 of owners\")" : "@confirm(\"1 of owners\") @other";
    }

    private String backups() {
        List<String> saved = starter.savedEnvironments(catalogs);
        if (saved.isEmpty()) {
            return "";
        }
        List<String> harmless = starter.harmless(catalogs);
        return WITH_BACKUP
                + saved.stream()
                        .map(environment -> permit(
                                "data-of-" + environment + "-is-destroyed-with-a-backup",
                                confirmation() + " @backup(\"24h\")\n",
                                "destroy",
                                environment,
                                harmless.isEmpty()
                                        ? ""
                                        : "unless {\n    action in [\n" + operations(harmless) + "\n    ]\n}"))
                        .collect(Collectors.joining());
    }

    /**
     * Returns the permits of changes: those that can be put back pass, and people are asked about all others.
     *
     * @param condition precedes that of each permit
     */
    private static String changes(String environment, String condition, String confirmation) {
        return """
            @id("agents-may-change-in-%1$s")
            permit (principal, action in Impact::Action::"write", resource in Environment::"%2$s")
            when { %3$scontext.reversibility != "irreversible" };

            // What runs code, changes rights, or cannot be put back is asked about: a push to main, a merge, a mail.
            @id("an-owner-is-asked-in-%1$s")
            %4$s
            permit (
                principal,
                action in [
                    Impact::Action::"write",
                    Impact::Action::"execute",
                    Impact::Action::"privilege"
                ],
                resource in Environment::"%2$s"
            )
            when {
                %3$s(context.reversibility == "irreversible" || !(action in Impact::Action::"write"))
            };

            """.formatted(idOf(environment), environment, condition, confirmation);
    }

    private static String permit(String id, String obligations, String impact, String environment) {
        return permit(id, obligations, impact, environment, "");
    }

    private static String permit(String id, String obligations, String impact, String environment, String condition) {
        return """
            @id("%s")
            %spermit (principal, action in Impact::Action::"%s", resource in Environment::"%s")%s;

            """.formatted(idOf(id), obligations, impact, environment, condition.isEmpty() ? "" : "\n" + condition);
    }

    private static String forbidLogs(String prefix, List<String> logs, String environment) {
        return """
            // Applications write secrets into logs. A lease that names the environment may read them.
            @id("%slogs-of-%s-need-a-lease-that-names-it")
            forbid (
                principal,
                action in [
            %s
                ],
                resource in Environment::"%s"
            ) unless { context.lease.names_environment };

            """.formatted(prefix, idOf(environment), operations(logs), environment);
    }

    /** Returns the policies about what usually has secrets in it, as far as the catalogs read it. */
    static String secrets(String prefix, List<String> environments, Set<String> used, CatalogFacts catalogs) {
        List<String> logs = about(OperationTopic.LOGS, used, catalogs);
        List<String> files = about(OperationTopic.FILES, used, catalogs);
        StringBuilder text = new StringBuilder();
        if (!logs.isEmpty()) {
            environments.forEach(environment -> text.append(forbidLogs(prefix, logs, environment)));
        }
        if (readsFiles(used, catalogs)) {
            environments.forEach(environment -> text.append(forbidSecretFiles(prefix, environment, true)));
        }
        if (!files.isEmpty()) {
            environments.forEach(environment -> text.append(forbidUnnamedFiles(prefix, files, environment)));
        }
        return text.toString();
    }

    private static boolean readsFiles(Set<String> used, CatalogFacts catalogs) {
        return used.stream()
                .flatMap(catalog -> catalogs.operations(catalog).stream())
                .anyMatch(known ->
                        catalogs.facts(known.operation()).orElse(Set.of()).contains(FILE));
    }

    static List<String> about(OperationTopic topic, Set<String> used, CatalogFacts catalogs) {
        return used.stream()
                .flatMap(catalog -> catalogs.operations(catalog).stream())
                .filter(known -> known.topic().filter(topic::equals).isPresent())
                .map(known -> known.operation().toString())
                .toList();
    }

    /**
     * @param unlessNamed whether a lease that names the environment may read them; all agents' leases name an open one
     */
    private static String forbidSecretFiles(String prefix, String environment, boolean unlessNamed) {
        return """
            // Files that usually hold secrets%s
            @id("%ssecret-files-of-%s-%s")
            forbid (
                principal,
                action,
                resource in Environment::"%s"
            ) when {
                context has argument.secret_file%s
            }%s;

            """.formatted(
                unlessNamed
                        ? ", or are read without their names. A lease that names the environment may read them."
                        : ".",
                prefix,
                idOf(environment),
                unlessNamed ? "need-a-lease-that-names-it" : "are-not-read",
                environment,
                unlessNamed
                        ? " ||\n    (context has argument.file && context.argument.file == \"" + Fact.UNNAMED + "\")"
                        : "",
                unlessNamed ? " unless { context.lease.names_environment }" : "");
    }

    private static String forbidUnnamedFiles(String prefix, List<String> files, String environment) {
        return """
            // Files that are read by another name than their own, as by a digest or in an archive.
            @id("%sunnamed-files-of-%s-need-a-lease-that-names-it")
            forbid (
                principal,
                action in [
            %s
                ],
                resource in Environment::"%s"
            ) unless { context.lease.names_environment };

            """.formatted(prefix, idOf(environment), operations(files), environment);
    }

    private static String operations(List<String> names) {
        return names.stream()
                .map(name -> "        Operation::Action::\"" + name + "\"")
                .collect(Collectors.joining(",\n"));
    }

    private static String idOf(String text) {
        return text.replace('.', '-').replace('_', '-');
    }
}
