package dev.interlock.action;

import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * A sealed place for all resources whose identifiers begin alike, as {@code github:repo/acme/*}.
 *
 * <p>The star stands for one segment, or the rest of one, in plain characters: an agent chooses names, and what servers
 * read in two ways (dots, slashes, escapes, letters that look alike) must not be placed by how it begins.
 *
 * @param provider the catalog's name
 * @param type the provider's word for the kind
 * @param prefix what goes before the star; may be empty
 * @param environments never empty
 * @param groups further resources that all of them lie in
 */
public record ResourcePattern(
        String provider, String type, String prefix, Set<String> environments, Set<Resource> groups)
        implements Comparable<ResourcePattern> {

    /** Longer than any provider's names; whoever sends more wants something else. */
    private static final int MAX_ID = 512;

    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9._-]+");
    private static final Pattern PREFIX = Pattern.compile("([A-Za-z0-9._-]+/)*[A-Za-z0-9._-]*");

    public ResourcePattern {
        if (environments.isEmpty()) {
            throw new IllegalArgumentException("a resource in no environment would need no permission");
        }
        if (!PREFIX.matcher(prefix).matches() || !segmentsArePlain(prefix + "x")) {
            throw new IllegalArgumentException("before the `*` stand letters, digits and `._-`, with `/` between");
        }
        if (type.equals("account")) {
            throw new IllegalArgumentException("what touches the account may touch anything: place it by itself");
        }
        environments = Collections.unmodifiableSet(new TreeSet<>(environments));
        groups = Collections.unmodifiableSet(new TreeSet<>(groups));
    }

    /** Whether {@code text} is written as a pattern. */
    public static boolean isPattern(String text) {
        return text.contains("*");
    }

    /**
     * Reads {@code provider:type/prefix*}.
     *
     * @throws IllegalArgumentException if it is not of that form
     */
    public static ResourcePattern parse(String text, Set<String> environments, Set<Resource> groups) {
        if (text.indexOf('*') != text.length() - 1) {
            throw new IllegalArgumentException("a `*` stands at the end, once");
        }
        Resource any = Resource.parse(text);
        String prefix = any.id().substring(0, any.id().length() - 1);
        return new ResourcePattern(any.provider(), any.type(), prefix, environments, groups);
    }

    /** Whether this says where {@code resource} is. */
    public boolean covers(Resource resource) {
        return isOfType(resource) && covers(prefix, resource.id());
    }

    /**
     * Whether it would, if the provider did not tell some spellings apart that we do.
     *
     * @param beginning what stands before the star, folded
     * @param id {@code resource}'s, folded
     */
    boolean mayCover(Resource resource, String beginning, String id) {
        return isOfType(resource) && covers(beginning, id);
    }

    private boolean isOfType(Resource resource) {
        return provider.equals(resource.provider()) && type.equals(resource.type());
    }

    private static boolean covers(String prefix, String id) {
        return id.length() <= MAX_ID
                && id.startsWith(prefix)
                && PLAIN.matcher(id.substring(prefix.length())).matches()
                && segmentsArePlain(id);
    }

    private static boolean segmentsArePlain(String id) {
        for (String segment : id.split("/", -1)) {
            if (segment.isEmpty() || segment.equals(".") || segment.equals("..")) {
                return false;
            }
        }
        return true;
    }

    /** Whether the star stands for a whole identifier. */
    public boolean isWholeType() {
        return prefix.isEmpty();
    }

    @Override
    public int compareTo(ResourcePattern other) {
        return toString().compareTo(other.toString());
    }

    @Override
    public String toString() {
        return provider + ":" + type + "/" + prefix + "*";
    }
}
