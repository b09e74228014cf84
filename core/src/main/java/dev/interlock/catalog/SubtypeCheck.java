package dev.interlock.catalog;

import dev.interlock.catalog.ProviderSchema.OutputField;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Checks that a field means the same whether it is selected of an interface or of one of its object types. A request
 * may name either, so a guard that one of them lacked would be no guard.
 */
record SubtypeCheck(GraphqlCatalog catalog, CatalogSection section) {

    void requireAlike() {
        catalog.shapes()
                .abstracts()
                .objects()
                .forEach((type, objects) -> objects.forEach(object -> catalog.shapes()
                        .types()
                        .getOrDefault(type, Map.of())
                        .forEach((name, field) -> {
                            if (!name.equals(Classifier.TYPENAME)) {
                                requireAlike(type, object, name, field);
                            }
                        })));
    }

    private void requireAlike(String type, String object, String name, OutputField field) {
        OutputField own = catalog.shapes()
                .field(object, name)
                .orElseThrow(() -> wrong(type, object, name, "the second lacks it"));
        if (!own.arguments().keySet().containsAll(field.arguments().keySet())) {
            throw wrong(type, object, name, "the second lacks an argument of it");
        }
        if (own.type().isPresent() != field.type().isPresent()
                || !objects(field).containsAll(objects(own))) {
            throw wrong(type, object, name, "the second leads to another type");
        }
        if (own.outward() != field.outward()) {
            throw wrong(type, object, name, "only one leads out");
        }
        if (!catalog.secrets().rules(type, name).equals(catalog.secrets().rules(object, name))) {
            throw wrong(type, object, name, "they differ in `secrets`");
        }
        if (!meanings(type, name, field).equals(meanings(object, name, field))) {
            throw wrong(type, object, name, "they differ in `meanings`");
        }
    }

    private Set<String> objects(OutputField field) {
        return field.type().map(catalog.shapes().abstracts()::objects).orElse(Set.of());
    }

    private List<Optional<String>> meanings(String type, String name, OutputField field) {
        String path = type + "." + name;
        return Stream.concat(
                        Stream.of(
                                catalog.aliases().get(path), catalog.passages().get(path)),
                        field.arguments().keySet().stream()
                                .map(argument -> catalog.aliases().get(path + "." + argument)))
                .map(Optional::ofNullable)
                .toList();
    }

    private CatalogException wrong(String type, String object, String name, String difference) {
        return section.require(type)
                .wrong("`" + type + "." + name + "` and `" + object + "." + name + "` must be alike, and "
                        + difference);
    }
}
