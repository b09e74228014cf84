package dev.interlock.velocity;

import dev.interlock.action.Action;
import dev.interlock.action.Refusal;
import dev.interlock.action.Resource;
import dev.interlock.action.Sensed;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What one attempt has destroyed, or may have: read-only until people lift it.
 *
 * @param id {@code F-} and a ULID
 * @param intent the receipt of the attempt that destroyed it
 * @param resources all that it was to lose; never empty
 * @param agent which did
 * @param person on whose behalf
 * @param since when it was let go
 */
public record Freeze(String id, String intent, Set<Resource> resources, String agent, String person, Instant since) {

    /** As many as a sentence can name. */
    private static final int MAX_NAMED = 3;

    public Freeze {
        if (resources.isEmpty()) {
            throw new IllegalArgumentException("a freeze of nothing freezes nothing");
        }
        resources = Collections.unmodifiableSet(new TreeSet<>(resources));
    }

    /** As a sentence goes on with it. */
    public String words() {
        List<String> named = resources.stream()
                .limit(MAX_NAMED)
                .map(resource -> Words.quoted(resource.toString()))
                .toList();
        int more = resources.size() - named.size();
        return String.join(", ", named) + (more > 0 ? " and " + more + " more" : "");
    }

    /** What keeps {@code sensed} from going: it does more than read what is frozen, lies in that, or would lose it. */
    Optional<Overrun> against(Sensed sensed) {
        Set<Resource> touched = touched(sensed);
        if (touched.isEmpty()) {
            return Optional.empty();
        }
        // In another spelling it may be the same thing to its provider.
        Set<String> frozen = resources.stream().map(Resource::folded).collect(Collectors.toSet());
        return touched.stream()
                .filter(resource -> frozen.contains(resource.folded()))
                .findFirst()
                .map(this::against);
    }

    private static Set<Resource> touched(Sensed sensed) {
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

    private Overrun against(Resource touched) {
        return new Overrun(
                "freeze " + id,
                Words.quoted(touched.toString()) + " was destroyed at " + since
                        + ", or may have been, and is read-only until a person lifts that.",
                "Read what is left of it, and tell the owner of this task. Nothing that carries a lease can lift this;"
                        + " people can, with `interlock freeze lift " + id + " --key KEY`.",
                Optional.empty(),
                Refusal.Finality.APPROVABLE);
    }
}
