package dev.interlock.catalog;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The form of a resource's identifier, made of path parameters, as {@code {owner}/{repo}}. */
record ResourceName(String type, String text, Set<String> parts) {

    /** A placeholder for an identifier, for people to replace. */
    static final String ANY = "ID";

    private static final Pattern WHOLE = Pattern.compile("([A-Za-z0-9._/:-]*\\{[A-Za-z_][A-Za-z0-9_-]*})+");
    private static final Pattern PART = Pattern.compile("\\{([A-Za-z_][A-Za-z0-9_-]*)}");

    static ResourceName parse(String type, String text) {
        if (!WHOLE.matcher(text).matches()) {
            throw new IllegalArgumentException(
                    "`" + text + "` does not consist of parameters, such as `{owner}/{repo}`");
        }
        Set<String> parts = new LinkedHashSet<>();
        PART.matcher(text).results().forEach(part -> parts.add(part.group(1)));
        return new ResourceName(type, text, parts);
    }

    /** Returns whether {@code other} has all parameters of this one, and more. */
    boolean isPartOf(ResourceName other) {
        return other.parts.size() > parts.size() && other.parts.containsAll(parts);
    }

    /** Returns the parameters that make {@code id}; empty if that is not certain, or other text stands among them. */
    Optional<Map<String, String>> parameters(String id) {
        String[] values = id.split("/", -1);
        List<String> names = List.copyOf(parts);
        if (values.length != names.size() || !text.equals("{" + String.join("}/{", names) + "}")) {
            return Optional.empty();
        }
        Map<String, String> parameters = new LinkedHashMap<>();
        for (int i = 0; i < values.length; i++) {
            parameters.put(names.get(i), values[i]);
        }
        return Optional.of(parameters);
    }

    /** Returns an example identifier, as {@code OWNER/REPO}. */
    String example() {
        return parts.size() == 1
                ? PART.matcher(text).replaceAll(ANY)
                : PART.matcher(text).replaceAll(part -> part.group(1).toUpperCase(Locale.ROOT));
    }

    /** Returns the identifier with {@code parameters} filled in. */
    String id(Map<String, String> parameters) {
        return PART.matcher(text)
                .replaceAll(part -> Matcher.quoteReplacement(parameters.getOrDefault(part.group(1), "")));
    }
}
