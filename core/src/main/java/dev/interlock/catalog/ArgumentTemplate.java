package dev.interlock.catalog;

import dev.interlock.catalog.graphql.Value;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A value of a request that the gateway writes itself: {@code true}, {@code {input.name}} or {@code refs/{ref}}. A text
 * that is one path takes the value as it stands; others insert texts.
 */
record ArgumentTemplate(String text, List<ArgumentPath> paths) {

    private static final Pattern PLACE = Pattern.compile("\\{([^{}]*)}");

    /** Throws {@link IllegalArgumentException} if a place holds no path. */
    ArgumentTemplate(String text) {
        this(
                text,
                PLACE.matcher(text)
                        .results()
                        .map(place -> ArgumentPath.parse(place.group(1)))
                        .toList());
    }

    /** Returns the value for {@code arguments}. Empty if one of its paths has none, or several. */
    Optional<Value> fill(Map<String, Value> arguments) {
        if (text.equals("true") || text.equals("false")) {
            return Optional.of(new Value.Flag(text.equals("true")));
        }
        if (paths.size() == 1 && text.equals("{" + paths.getFirst() + "}")) {
            return only(paths.getFirst().in(arguments));
        }
        StringBuilder filled = new StringBuilder();
        Matcher places = PLACE.matcher(text);
        int end = 0;
        Iterator<ArgumentPath> left = paths.iterator();
        while (places.find()) {
            Optional<String> inserted = only(left.next().in(arguments)).flatMap(Value::scalar);
            if (inserted.isEmpty()) {
                return Optional.empty();
            }
            filled.append(text.substring(end, places.start())).append(inserted.get());
            end = places.end();
        }
        return Optional.of(
                new Value.Text(filled.append(text, end, text.length()).toString()));
    }

    private static Optional<Value> only(List<Value> values) {
        return values.size() == 1 ? Optional.of(values.getFirst()) : Optional.empty();
    }
}
