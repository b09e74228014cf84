package dev.interlock.confirm;

import dev.interlock.action.VisibleText;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Statement;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The name that each signer types if {@code @type_name} asks for it: that of the resource that is acted on and its
 * environment, such as {@code pgdata in production}; or of the first of several, and the number of the others. What has
 * no name goes by its identifier, which may be typed for any. It is never short enough to be typed by habit.
 */
final class NameToType {

    private NameToType() {}

    static String of(Statement statement) {
        List<String> ids = ids(statement);
        Json.Members radius = statement.meaning().object("radius");
        return ids.isEmpty()
                ? "nothing"
                : radius.optionalObject("names")
                        .flatMap(names -> names.optionalText(ids.getFirst()))
                        .map(name -> counted(name, ids) + " in " + String.join(" and ", radius.texts("environments")))
                        .orElseGet(() -> counted(ids.getFirst(), ids));
    }

    /** Returns whether {@code typed} names what the statement acts on, in either way. */
    static boolean isNamed(Statement statement, String typed) {
        List<String> ids = ids(statement);
        return typed.equals(of(statement)) || (!ids.isEmpty() && typed.equals(counted(ids.getFirst(), ids)));
    }

    private static List<String> ids(Statement statement) {
        List<Json.Members> acting = statement.meaning().objects("actions");
        Set<String> changed = new TreeSet<>();
        acting.stream().filter(action -> !onlyReads(action)).forEach(action -> addResources(action, changed));
        if (changed.isEmpty()) {
            acting.forEach(action -> addResources(action, changed));
        }
        if (changed.isEmpty()) {
            acting.forEach(action -> changed.add(action.text("operation")));
        }
        return List.copyOf(changed);
    }

    private static String counted(String first, List<String> ids) {
        String shown = VisibleText.unambiguous(first);
        return ids.size() == 1 ? shown : shown + " and " + (ids.size() - 1) + " more";
    }

    private static boolean onlyReads(Json.Members action) {
        return action.texts("impacts").equals(List.of("read"));
    }

    private static void addResources(Json.Members action, Set<String> names) {
        action.objects("resources").forEach(resource -> names.add(resource.text("id")));
    }
}
