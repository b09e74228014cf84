package dev.interlock.action;

import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * A sealed placement of all resources whose identifiers begin alike, as {@code github:repo/acme/*}.
 *
 * <p>The star stands for one segment, or the rest of one, in plain characters. Agents choose names, and servers read
 * some characters in two ways: dots, slashes, escapes, look-alike letters. A name with such characters must not be
 * placed by its prefix.
 *
 * @param prefix the text before the star; may be empty
 * @param environments never empty
 */
public record ResourcePattern(
        String provider, String type, String prefix, Set<String> environments, Set<Resource> groups)
        implements Comparable<ResourcePattern> {

    /** The maximum length. No provider has longer names. */
    private static final int MAX_ID = 512;

    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9._-]+");
    private static final Pattern PREFIX = Pattern.compile("([A-Za-z0-9._-]+/)*[A-Za-z0-9._-]*");

    public ResourcePattern {
        if (environments.isEmpty()) {
            throw new IllegalArgumentException("a resource in no environment would need no permission");
        }
        if (!PREFIX.matcher(prefix).matches() || !segmentsArePlain(prefix + "x")) {
            throw new IllegalArgumentException(
                    "the part before the `*` must be letters, digits and `._-`, separated by `/`");
        }
        if (type.equals("account")) {
            throw new IllegalArgumentException("an account may contain anything: place it without a pattern");
        }
        environments = Collections.unmodifiableSet(new TreeSet<>(environments));
        groups = Collections.unmodifiableSet(new TreeSet<>(groups));
    }

    public static boolean isPattern(String text) {
        return text.contains("*");
    }

    /** Reads {@code provider:type/prefix*}; throws {@link IllegalArgumentException} if it is not of that form. */
    public static ResourcePattern parse(String text, Set<String> environments, Set<Resource> groups) {
        if (text.indexOf('*') != text.length() - 1) {
            throw new IllegalArgumentException("a `*` may appear only once, at the end");
        }
        Resource any = Resource.parse(text);
        String prefix = any.id().substring(0, any.id().length() - 1);
        return new ResourcePattern(any.provider(), any.type(), prefix, environments, groups);
    }

    public boolean covers(Resource resource) {
        return isOfType(resource) && covers(prefix, resource.id());
    }

    /**
     * Returns whether it would place {@code resource} at a provider that distinguishes fewer spellings than we do.
     *
     * @param beginning the folded text before the star
     * @param id the folded id of {@code resource}
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
