package dev.interlock.limits;

import dev.interlock.action.Action;
import dev.interlock.action.Refusal;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The resources that one attempt has destroyed, or may have: read-only until people lift the freeze.
 *
 * @param id {@code F-} and a ULID
 * @param intent the receipt of the attempt that destroyed it
 * @param resources all that it was to lose; never empty
 */
public record Freeze(String id, String intent, Set<Resource> resources, String agent, String person, Instant since) {

    /** The maximum number of resources that are named in a sentence. */
    private static final int MAX_NAMED = 3;

    public Freeze {
        if (resources.isEmpty()) {
            throw new IllegalArgumentException("a freeze needs at least one resource");
        }
        resources = Collections.unmodifiableSet(new TreeSet<>(resources));
    }

    /** Returns the text for use inside a sentence. */
    public String words() {
        List<String> named = resources.stream()
                .limit(MAX_NAMED)
                .map(resource -> NameQuoting.quoted(resource.toString()))
                .toList();
        int more = resources.size() - named.size();
        return String.join(", ", named) + (more > 0 ? " and " + more + " more" : "");
    }

    /** It stops what does more than read a frozen resource or something in it, or would lose it. */
    Optional<LimitOverrun> against(ResolvedAttempt sensed) {
        Set<Resource> touched = touched(sensed);
        if (touched.isEmpty()) {
            return Optional.empty();
        }
        // Another spelling may be the same resource to its provider.
        Set<String> frozen = resources.stream().map(Resource::folded).collect(Collectors.toSet());
        return touched.stream()
                .filter(resource -> frozen.contains(resource.folded()))
                .findFirst()
                .map(this::against);
    }

    private static Set<Resource> touched(ResolvedAttempt sensed) {
        Set<Resource> touched = new TreeSet<>();
        for (Action action : sensed.actions()) {
            if (!action.isPureRead()) {
                for (Resource resource : action.resources()) {
                    touched.add(resource);
                    touched.addAll(sensed.placement(resource).groups());
                }
            }
        }
        if (!touched.isEmpty()) {
            touched.addAll(sensed.radius().lost());
        }
        return touched;
    }

    private LimitOverrun against(Resource touched) {
        return new LimitOverrun(
                "freeze " + id,
                NameQuoting.quoted(touched.toString()) + " was destroyed at " + since
                        + ", or may have been, and is read-only until a person lifts that.",
                "Only read it, and tell the owner of this task. An agent cannot lift this; people can, with `interlock freeze lift "
                        + id + " --key KEY`.",
                Optional.empty(),
                Refusal.Finality.APPROVABLE);
    }
}
