package dev.interlock.policy;

import dev.interlock.action.Action;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Placement;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.evidence.Json;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Finds the parts of an attempt that its lease does not cover. Calls that only read are covered in every environment
 * that the seal calls readable, whether or not the lease names it.
 */
final class LeaseScopeCheck {

    /** Maximum resources named one by one; the rest are counted. An agent decides how many there are. */
    static final int NAMED = 20;

    private final Lease lease;
    private final Set<Impact> asked = new TreeSet<>();
    private final Set<String> reached = new TreeSet<>();
    private final Set<Impact> impacts;
    private final Set<String> covered = new TreeSet<>();
    private final Set<String> environments;
    private final Set<Resource> touched = new TreeSet<>();
    private final Set<Resource> resources = new TreeSet<>();
    private final Set<Resource> shared = new TreeSet<>();
    private final Set<Resource> unplaced = new TreeSet<>();
    private final ResolvedAttempt sensed;

    private LeaseScopeCheck(Seal seal, List<Action> actions, ResolvedAttempt sensed) {
        this.sensed = sensed;
        this.lease = sensed.lease();
        covered.addAll(lease.environments());
        if (actions.stream().allMatch(Action::isPureRead)) {
            seal.environments().values().stream()
                    .filter(Seal.Environment::isReadable)
                    .map(Seal.Environment::name)
                    .forEach(covered::add);
        }
        for (Action action : actions) {
            asked.addAll(action.impacts());
            action.resources().stream().map(sensed::placement).forEach(this::place);
        }
        impacts = without(asked, lease.impacts());
        environments = without(reached, covered);
    }

    static LeaseScopeCheck of(Seal seal, List<Action> actions, ResolvedAttempt sensed) {
        return new LeaseScopeCheck(seal, actions, sensed);
    }

    private void place(Placement placement) {
        touched.add(placement.resource());
        reached.addAll(placement.environments());
        if (!covered.containsAll(placement.environments())) {
            (placement.known() ? shared : unplaced).add(placement.resource());
        }
        boolean named = lease.resources().isEmpty()
                || lease.resources().contains(placement.resource())
                || !Collections.disjoint(lease.resources(), placement.groups());
        if (!named) {
            resources.add(placement.resource());
        }
    }

    ResolvedAttempt attempt() {
        return sensed;
    }

    boolean covers() {
        return impacts.isEmpty() && environments.isEmpty() && resources.isEmpty();
    }

    /** Returns the environments that the attempt reaches and the lease does not name, even if it may read them. */
    Set<String> unnamed() {
        return without(reached, lease.environments());
    }

    /** Explains that a policy refuses the attempt only because of those. */
    String naming() {
        return "Under a lease that names " + words(unnamed()) + " it would not be refused.";
    }

    /** Explains in whole sentences why the lease does not cover the attempt. */
    String reason() {
        List<String> sentences = new ArrayList<>();
        sentences.addAll(each(
                shared,
                resource -> "`" + FormattedText.of(resource.toString()) + "` is in " + words(environmentsOf(resource))
                        + "."));
        sentences.addAll(each(
                unplaced,
                resource -> "The environment of `" + FormattedText.of(resource.toString())
                        + "` is not known, so it counts as " + words(environmentsOf(resource)) + "."));
        if (!environments.isEmpty()) {
            sentences.add("The lease `" + lease.id() + "` does not name " + words(environments) + ".");
        }
        if (!impacts.isEmpty()) {
            sentences.add("The lease `" + lease.id() + "` does not allow " + words(words(impacts)) + ".");
        }
        sentences.addAll(each(
                resources,
                resource -> "The lease `" + lease.id() + "` does not cover the resource `"
                        + FormattedText.of(resource.toString()) + "`."));
        return String.join(" ", sentences);
    }

    private static List<String> each(Set<Resource> resources, Function<Resource, String> sentence) {
        List<String> sentences =
                new ArrayList<>(resources.stream().limit(NAMED).map(sentence).toList());
        if (resources.size() > NAMED) {
            sentences.add("The same holds for " + (resources.size() - NAMED) + " more.");
        }
        return sentences;
    }

    private Set<String> environmentsOf(Resource resource) {
        return sensed.placement(resource).environments();
    }

    List<String> refused() {
        List<String> refused = new ArrayList<>();
        for (Impact impact : asked) {
            for (String environment : reached) {
                if (impacts.contains(impact) || environments.contains(environment)) {
                    refused.add(impact.word() + " in " + environment);
                }
            }
        }
        refused.addAll(each(resources, resource -> "any call on " + FormattedText.of(resource.toString())));
        return refused;
    }

    /** Returns the elevations that would cover the attempt, the most general first. */
    List<NeededElevation> elevations() {
        return resources.isEmpty() && touched.size() <= NAMED
                ? List.of(elevation(Set.of()), elevation(touched))
                : List.of(elevation(resources.isEmpty() ? Set.of() : touched));
    }

    private NeededElevation elevation(Set<Resource> named) {
        return new NeededElevation(sensed, reached, asked, named, !unplaced.isEmpty());
    }

    private static Set<String> words(Set<Impact> impacts) {
        return impacts.stream().map(Impact::word).collect(Collectors.toCollection(TreeSet::new));
    }

    private static String words(java.util.Collection<String> names) {
        return names.stream().map(name -> "`" + FormattedText.of(name) + "`").collect(Collectors.joining(" and "));
    }

    private static <T> Set<T> without(Set<T> all, Set<T> some) {
        Set<T> rest = new TreeSet<>(all);
        rest.removeAll(some);
        return rest;
    }

    /** A complete scope under which an attempt would be within its lease; no resources stand for everything. */
    record NeededElevation(
            ResolvedAttempt sensed,
            Set<String> environments,
            Set<Impact> impacts,
            Set<Resource> resources,
            boolean unplaced) {

        ResolvedAttempt attempt() {
            return sensed.under(sensed.lease().within(environments, impacts, resources));
        }

        /**
         * For a lease that is bound to a place it opens an elevation, otherwise a second lease with what is missing.
         */
        String command() {
            Lease lease = sensed.lease();
            StringBuilder command = new StringBuilder("interlock elevate --lease ").append(lease.id());
            boolean whole = lease.place().isPresent();
            missing(environments, lease.environments(), whole)
                    .forEach(e -> command.append(" --environment ").append(quoted(e)));
            missing(impacts, lease.impacts(), whole)
                    .forEach(i -> command.append(" --impact ").append(i.word()));
            resources.stream()
                    .limit(LeaseScopeCheck.NAMED)
                    .forEach(r -> command.append(" --resource ").append(quoted(r.toString())));
            return command.append(" --key KEY").toString();
        }

        private static <T> Set<T> missing(Set<T> needed, Set<T> present, boolean whole) {
            Set<T> rest = new TreeSet<>(needed);
            rest.removeAll(present);
            return whole || rest.isEmpty() ? needed : rest;
        }

        /** Empty if the lease is derived and cannot be widened, or if it concerns more resources than people read. */
        private Optional<String> request() {
            if (!sensed.lease().root().equals(sensed.lease().id()) || resources.size() > LeaseScopeCheck.NAMED) {
                return Optional.empty();
            }
            Json.Members body = Json.object()
                    .withTexts("environments", environments.stream().map(FormattedText::of))
                    .withTexts("impacts", impacts.stream().map(Impact::word).sorted())
                    .with("reason", "…");
            return Optional.of("`POST /.interlock/elevations` with `"
                    + (resources.isEmpty()
                                    ? body
                                    : body.withTexts(
                                            "resources", resources.stream().map(r -> FormattedText.of(r.toString()))))
                            .canonicalText()
                    + "`");
        }

        String next() {
            return request()
                            .map(post -> "Stop here. To ask people for it, send this with your reason: " + post
                                    + ". Or tell the owner of this task what you wanted to do; ")
                            .orElse("Stop here and tell the owner of this task what you wanted to do; ")
                    + placing()
                    + "if they agree, they can run: "
                    + command();
        }

        /** Suggests placing the resource: an elevation lasts once, while an unplaced resource needs a lasting fix. */
        private String placing() {
            return unplaced ? "they can place it under `resources` in `interlock.yaml` and seal again; or, " : "";
        }

        /** Quotes {@code word}, which an agent may have chosen, so that a shell reads it as one word. */
        private static String quoted(String word) {
            return word.matches("[A-Za-z0-9._:/@-]+")
                    ? word
                    : "'" + FormattedText.of(word).replace("'", "'\\''") + "'";
        }
    }
}
