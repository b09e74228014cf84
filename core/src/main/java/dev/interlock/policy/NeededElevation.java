package dev.interlock.policy;

import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.evidence.Json;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * An elevation under which an attempt would be within its lease. It is a complete scope, because an elevation is a
 * scope of its own.
 *
 * @param sensed the attempt, under its present lease
 * @param environments every environment that the attempt reaches
 * @param impacts every impact of the attempt
 * @param resources every resource of the attempt; empty for everything in the environments
 * @param unplaced whether the environment of a resource is not known
 */
record NeededElevation(
        ResolvedAttempt sensed,
        Set<String> environments,
        Set<Impact> impacts,
        Set<Resource> resources,
        boolean unplaced) {

    ResolvedAttempt attempt() {
        return sensed.under(sensed.lease().within(environments, impacts, resources));
    }

    /** For a lease that is bound to a place it opens an elevation, otherwise a second lease with what is missing. */
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
