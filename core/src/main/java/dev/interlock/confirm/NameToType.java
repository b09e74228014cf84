package dev.interlock.confirm;

import dev.interlock.action.LossOrder;
import dev.interlock.action.VisibleText;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Statement;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The name that each signer types if {@code @type_name} asks for it: that of the resource that is acted on and its
 * environment, such as {@code pgdata in production}; or of the first of several, and the number of the others. What has
 * no name goes by its identifier, which may be typed for any. It is never short enough to be typed by habit. The first
 * is what is lost, if anything is, by the {@link LossOrder}.
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
        return isSame(typed, of(statement)) || (!ids.isEmpty() && isSame(typed, counted(ids.getFirst(), ids)));
    }

    /** Returns whether a hand has typed {@code name}. Keyboards of phones add a capital and a blank. */
    static boolean isSame(String typed, String name) {
        return typed.strip().equalsIgnoreCase(name);
    }

    private static List<String> ids(Statement statement) {
        LossOrder order = LossOrder.of(statement.meaning().object("radius"));
        List<Json.Members> acting = order.actions(statement.meaning().objects("actions"));
        Set<String> changed = new LinkedHashSet<>();
        acting.stream().filter(action -> !onlyReads(action)).forEach(action -> addResources(order, action, changed));
        if (changed.isEmpty()) {
            acting.forEach(action -> addResources(order, action, changed));
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

    private static void addResources(LossOrder order, Json.Members action, Set<String> names) {
        names.addAll(order.resources(action.objects("resources").stream()
                .map(resource -> resource.text("id"))
                .toList()));
    }
}
