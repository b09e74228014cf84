package dev.interlock.catalog;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Parses the one-line form of a type: {@code id name project^Project volumes(after first):VolumeConnection}. A colon
 * leads to a type within the same resource, a caret to one outside of it. {@code *} after a colon marks an open value,
 * {@code ...} a type with further members.
 */
final class TypeParser {

    private static final String NAME = "[_A-Za-z][_A-Za-z0-9]*";
    private static final Pattern INPUT = Pattern.compile("(" + NAME + ")(?::(\\*|" + NAME + ")(\\|text)?)?");

    private static final Pattern FIELD =
            Pattern.compile("(" + NAME + ")(?:\\(([^()]*)\\))?(?:([:^])(" + NAME + "))?(?:\\s+|$)");

    private static final Pattern BLANKS = Pattern.compile("\\s+");

    private TypeParser() {}

    static Map<String, ProviderSchema.InputField> inputs(String text) {
        Map<String, ProviderSchema.InputField> inputs = new LinkedHashMap<>();
        for (String word : BLANKS.splitAsStream(text.strip()).toList()) {
            if (word.equals(UnknownMembers.FURTHER) || word.equals(UnknownMembers.ACTING)) {
                inputs.put(word, ProviderSchema.InputField.OPEN);
                continue;
            }
            Matcher matcher = INPUT.matcher(word);
            if (!matcher.matches() || inputs.put(matcher.group(1), input(matcher)) != null) {
                throw new IllegalArgumentException(
                        "`" + word + "` is not `name`, `name:Type`, `name:Type|text` or `name:*`, or is given twice");
            }
        }
        return inputs;
    }

    private static ProviderSchema.InputField input(Matcher matcher) {
        @Nullable String type = matcher.group(2);
        boolean isOpen = "*".equals(type);
        boolean orText = matcher.group(3) != null;
        if (orText && isOpen) {
            throw new IllegalArgumentException("`" + matcher.group() + "`: only a type may have `|text`");
        }
        return new ProviderSchema.InputField(isOpen ? Optional.empty() : Optional.ofNullable(type), isOpen, orText);
    }

    static Map<String, ProviderSchema.OutputField> fields(String text) {
        Map<String, ProviderSchema.OutputField> fields = new LinkedHashMap<>();
        Matcher matcher = FIELD.matcher(text.strip());
        int end = 0;
        while (matcher.find() && matcher.start() == end) {
            if (fields.put(matcher.group(1), field(matcher)) != null) {
                throw new IllegalArgumentException("`" + matcher.group(1) + "` is given twice");
            }
            end = matcher.end();
        }
        if (end != text.strip().length()) {
            throw new IllegalArgumentException("`" + text.strip().substring(end)
                    + "` is not `name`, `name(arguments)`, `name:Type` or `name^Type`");
        }
        return fields;
    }

    private static ProviderSchema.OutputField field(Matcher matcher) {
        String arguments = matcher.group(2);
        return new ProviderSchema.OutputField(
                arguments == null ? Map.of() : inputs(arguments),
                Optional.ofNullable(matcher.group(4)),
                "^".equals(matcher.group(3)));
    }
}
