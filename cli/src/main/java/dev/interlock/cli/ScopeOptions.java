package dev.interlock.cli;

import dev.interlock.adminapi.LeaseTerms;
import dev.interlock.evidence.Json;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options for the scope of a lease or of an elevation. The gateway fills in omitted options. */
final class ScopeOptions {

    @Option(
            names = {"--environment", "--env"},
            paramLabel = "ENV",
            split = ",",
            description = "Limit to this environment; repeatable.")
    private @Nullable List<String> environments;

    @Option(names = "--impact", paramLabel = "IMPACT", split = ",", description = "Limit to this impact; repeatable.")
    private @Nullable List<String> impacts;

    @Option(
            names = "--resource",
            paramLabel = "RESOURCE",
            split = ",",
            description = "Limit to this resource; repeatable.")
    private @Nullable List<String> resources;

    Set<String> environments() {
        return environments == null ? Set.of() : Set.copyOf(environments);
    }

    Set<String> impacts() {
        return impacts == null ? Set.of() : Set.copyOf(Options.impacts(impacts));
    }

    Set<String> resources() {
        return resources == null ? Set.of() : Set.copyOf(Options.resources(resources));
    }

    LeaseTerms terms(String agent, String task, @Nullable String ttl) {
        return new LeaseTerms(
                task,
                Optional.of(agent),
                environments(),
                impacts(),
                resources(),
                Optional.ofNullable(ttl).map(LeaseCommand::seconds));
    }

    Json.Members of(Json.Members request) {
        Json.Members scoped = request;
        scoped = environments == null ? scoped : scoped.withTexts("environments", environments);
        scoped = impacts == null ? scoped : scoped.withTexts("impacts", Options.impacts(impacts));
        return resources == null ? scoped : scoped.withTexts("resources", Options.resources(resources));
    }
}
