package dev.interlock.catalog;

import dev.interlock.catalog.graphql.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A value of a request that the gateway writes itself: {@code true}, {@code {input.name}} or {@code refs/{ref}}. A text
 * that is one path takes the value as it stands; others insert texts.
 */
record ArgumentTemplate(String text) {

    private static final Pattern PLACE = Pattern.compile("\\{([^{}]*)}");

    List<ArgumentPath> paths() {
        List<ArgumentPath> paths = new ArrayList<>();
        Matcher places = PLACE.matcher(text);
        while (places.find()) {
            paths.add(ArgumentPath.parse(places.group(1)));
        }
        return paths;
    }

    /** Returns the value for {@code arguments}. Empty if one of its paths has none, or several. */
    Optional<Value> fill(Map<String, Value> arguments) {
        if (text.equals("true") || text.equals("false")) {
            return Optional.of(new Value.Flag(text.equals("true")));
        }
        List<ArgumentPath> paths = paths();
        if (paths.size() == 1 && text.equals("{" + paths.getFirst() + "}")) {
            return only(paths.getFirst().in(arguments));
        }
        StringBuilder filled = new StringBuilder();
        Matcher places = PLACE.matcher(text);
        int end = 0;
        while (places.find()) {
            Optional<String> inserted =
                    only(ArgumentPath.parse(places.group(1)).in(arguments)).flatMap(Value::scalar);
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
