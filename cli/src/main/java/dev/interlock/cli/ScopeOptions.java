package dev.interlock.cli;

import dev.interlock.evidence.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How far a lease goes, or what was asked besides; what is not said stays as it is where it is granted. */
final class ScopeOptions {

    @Option(
            names = {"--environment", "--env"},
            paramLabel = "ENV",
            split = ",",
            description = "In these environments alone; repeatable.")
    private @Nullable List<String> environments;

    @Option(
            names = "--impact",
            paramLabel = "IMPACT",
            split = ",",
            description = "With these impacts alone; repeatable.")
    private @Nullable List<String> impacts;

    @Option(
            names = "--resource",
            paramLabel = "RESOURCE",
            split = ",",
            description = "On these resources alone; repeatable.")
    private @Nullable List<String> resources;

    /** {@code request} with what was said. */
    Json.Members of(Json.Members request) {
        Json.Members scoped = request;
        scoped = environments == null ? scoped : scoped.withTexts("environments", environments);
        scoped = impacts == null ? scoped : scoped.withTexts("impacts", Options.impacts(impacts));
        return resources == null ? scoped : scoped.withTexts("resources", Options.resources(resources));
    }
}
