package dev.interlock.cli;

import dev.interlock.evidence.Json;
import java.util.List;
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

    /** Returns {@code request} with the given options. */
    Json.Members of(Json.Members request) {
        Json.Members scoped = request;
        scoped = environments == null ? scoped : scoped.withTexts("environments", environments);
        scoped = impacts == null ? scoped : scoped.withTexts("impacts", Options.impacts(impacts));
        return resources == null ? scoped : scoped.withTexts("resources", Options.resources(resources));
    }
}
