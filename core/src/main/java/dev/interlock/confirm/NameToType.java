package dev.interlock.confirm;

import dev.interlock.action.VisibleText;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Statement;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The name that each signer types if {@code @type_name} asks for it: the resource that is acted on, or the first of
 * several and the number of the others. It is never short enough to be typed by habit.
 */
final class NameToType {

    private NameToType() {}

    static String of(Statement statement) {
        List<Json.Members> acting = statement.meaning().objects("actions");
        Set<String> changed = new TreeSet<>();
        acting.stream().filter(action -> !onlyReads(action)).forEach(action -> addResources(action, changed));
        if (changed.isEmpty()) {
            acting.forEach(action -> addResources(action, changed));
        }
        if (changed.isEmpty()) {
            acting.forEach(action -> changed.add(action.text("operation")));
        }
        return name(List.copyOf(changed));
    }

    private static String name(List<String> sorted) {
        if (sorted.isEmpty()) {
            return "nothing";
        }
        String first = VisibleText.unambiguous(sorted.getFirst());
        return sorted.size() == 1 ? first : first + " and " + (sorted.size() - 1) + " more";
    }

    private static boolean onlyReads(Json.Members action) {
        return action.texts("impacts").equals(List.of("read"));
    }

    private static void addResources(Json.Members action, Set<String> names) {
        action.objects("resources").forEach(resource -> names.add(resource.text("id")));
    }
}
