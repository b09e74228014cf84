package dev.interlock.author;

import dev.interlock.action.Resource;
import dev.interlock.action.ResourcePattern;
import dev.interlock.action.Seal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/** Describes which resources a pattern places. */
public final class Patterns {

    private Patterns() {}

    /**
     * Describes what {@code pattern} covers, and what {@code upstream} places more exactly; one sentence without a full
     * stop.
     */
    public static String coverage(Seal.Upstream upstream, ResourcePattern pattern) {
        List<String> exceptions = new ArrayList<>();
        upstream.resources().values().stream()
                .filter(placement -> pattern.covers(placement.resource()))
                .forEach(placement -> exceptions.add(exception(placement.resource(), placement.environments())));
        upstream.patterns().stream()
                .filter(other -> !other.equals(pattern) && isWithin(other, pattern))
                .forEach(other -> exceptions.add(exception(other, other.environments())));
        return "`" + pattern + "` places in " + words(pattern.environments()) + " every `" + pattern.provider() + ":"
                + pattern.type() + "`"
                + (pattern.isWholeType()
                        ? " without a `/`"
                        : " that begins with `" + pattern.prefix() + "` without a further `/`")
                + (exceptions.isEmpty() ? "" : ", except " + String.join(", ", exceptions));
    }

    private static boolean isWithin(ResourcePattern inner, ResourcePattern outer) {
        return outer.covers(new Resource(inner.provider(), inner.type(), inner.prefix() + "x"));
    }

    private static String exception(Object what, Set<String> environments) {
        return "`" + what + "` in " + words(environments);
    }

    private static String words(Collection<String> names) {
        return "`" + String.join("`, `", names) + "`";
    }
}
