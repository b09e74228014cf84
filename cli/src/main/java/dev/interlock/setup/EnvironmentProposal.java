package dev.interlock.setup;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** The environment proposed for a named resource. A name that is not known to be for work counts as protected. */
public record EnvironmentProposal(NamedResource resource, String environment) {

    /** The environment in which agents may work: all of them together, so it has no provider's name for one. */
    public static final String OPEN = "non-production";

    /** The environment in which a person must confirm what cannot be undone. */
    public static final String PROTECTED = "production";

    private static final Pattern SEPARATOR = Pattern.compile("[^a-z0-9]+|(?<=[a-z])(?=[0-9])");

    private static final Set<String> FOR_WORK = Set.of(
            "staging stage stg dev develop development test testing tests qa preview sandbox scratch playground pr ci demo uat local experiments"
                    .split(" "));

    /** In a name with one of these, nothing else counts: `staging-of-prod`, `live-demo`. */
    private static final Set<String> FOR_USERS =
            Set.of("prod production prd live main master primary release customer customers".split(" "));

    /** Proposes an environment for each; of the names that a person says, {@code guarded} wins over {@code open}. */
    public static List<EnvironmentProposal> of(List<NamedResource> resources, Set<String> open, Set<String> guarded) {
        return resources.stream()
                .map(resource -> new EnvironmentProposal(resource, environment(resource.name(), open, guarded)))
                .toList();
    }

    /** A repository's name says little about what its branches deploy: all are protected but those of {@code open}. */
    public static List<EnvironmentProposal> ofRepositories(
            List<NamedResource> repositories, Set<String> open, Set<String> guarded) {
        return repositories.stream()
                .map(one -> new EnvironmentProposal(
                        one, open.contains(one.fullName()) && !guarded.contains(one.fullName()) ? OPEN : PROTECTED))
                .toList();
    }

    private static String environment(String name, Set<String> open, Set<String> guarded) {
        return !guarded.contains(name) && (open.contains(name) || isForWork(name)) ? OPEN : PROTECTED;
    }

    static boolean isForWork(String name) {
        Set<String> words = new TreeSet<>(Arrays.asList(SEPARATOR.split(name.toLowerCase(Locale.ROOT), -1)));
        return words.stream().noneMatch(FOR_USERS::contains) && words.stream().anyMatch(FOR_WORK::contains);
    }

    public static Map<String, String> places(List<EnvironmentProposal> proposals) {
        Map<String, String> places = new LinkedHashMap<>();
        proposals.forEach(one -> places.put(one.resource().resource(), one.environment()));
        return places;
    }
}
