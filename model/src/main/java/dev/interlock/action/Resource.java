package dev.interlock.action;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * One resource at a provider, as {@code railway:volume/vol_x}.
 *
 * @param provider the catalog's name, lower case
 * @param type the provider's name for its kind, lower case
 * @param id the provider's own identifier, unchanged
 */
public record Resource(String provider, String type, String id) implements Comparable<Resource> {

    /** Suffixes that some providers remove from a name. The lookbehind finds only the start of such a run. */
    private static final Pattern ENDING = Pattern.compile("(?<!\\.|\\.git)(\\.git|\\.)++(?=/|$)");

    /** The environments of a pattern that only names. */
    private static final Set<String> ANYWHERE = Set.of("*");

    private static final Pattern ZEROS = Pattern.compile("(^|/)0+(?=[0-9])");

    public Resource {
        if (!isWord(provider) || !isWord(type) || id.isEmpty()) {
            throw new IllegalArgumentException("a resource is written `provider:type/id`");
        }
    }

    private static boolean isWord(String text) {
        return !text.isEmpty()
                && isLetter(text.charAt(0))
                && text.chars().allMatch(one -> isLetter(one) || (one >= '0' && one <= '9') || one == '-');
    }

    private static boolean isLetter(int one) {
        return one >= 'a' && one <= 'z';
    }

    /** Reads {@code provider:type/id}; throws {@link IllegalArgumentException} if it is not of that form. */
    public static Resource parse(String text) {
        int colon = text.indexOf(':');
        int slash = text.indexOf('/', colon + 1);
        if (colon < 0 || slash < 0) {
            throw new IllegalArgumentException("a resource is written `provider:type/id`, not `" + text + "`");
        }
        return new Resource(text.substring(0, colon), text.substring(colon + 1, slash), text.substring(slash + 1));
    }

    /** Returns whether it is what an operation touches that names nothing smaller. */
    public boolean isWholeAccount() {
        return type.equals("account") && id.equals("self");
    }

    /** Returns whether {@code text}, the name of a resource or a {@link ResourcePattern}, names this. */
    public boolean isNamedBy(String text) {
        return ResourcePattern.isPattern(text)
                ? ResourcePattern.parse(text, ANYWHERE, Set.of()).covers(this)
                : parse(text).equals(this);
    }

    /**
     * Returns the name as a provider may read it that distinguishes fewer spellings than we do. Resources with the same
     * folded name may be one resource, so the protection of one must apply to the other.
     */
    public String folded() {
        return provider + ":" + type + "/" + folded(id);
    }

    /**
     * Returns this and what it is without the endings of its last segment, each folded. Many providers take an ending
     * for a format of the answer: {@code prod-4.json} is {@code prod-4}.
     */
    List<String> foldedWithoutEndings() {
        List<String> names = new ArrayList<>(List.of(folded()));
        int first = id.lastIndexOf('/') + 1;
        for (int dot = id.lastIndexOf('.'); dot > first; dot = id.lastIndexOf('.', dot - 1)) {
            names.add(new Resource(provider, type, id.substring(0, dot)).folded());
        }
        return names;
    }

    static String folded(String id) {
        String lower = id.toLowerCase(Locale.ROOT);
        String whole = lower.contains(".") ? ENDING.matcher(lower).replaceAll("") : lower;
        return whole.startsWith("0") || whole.contains("/0")
                ? ZEROS.matcher(whole).replaceAll("$1")
                : whole;
    }

    @Override
    public int compareTo(Resource other) {
        return this == other ? 0 : toString().compareTo(other.toString());
    }

    @Override
    public String toString() {
        return provider + ":" + type + "/" + id;
    }
}
