package dev.interlock.catalog;

import dev.interlock.action.Resource;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What all parts of a catalog file share, whatever their protocol.
 *
 * @param name the provider's name, as resources and operations write it
 * @param forwarded the header fields that go upstream, lower case
 * @param ignoresCase types of resources that the provider compares without regard to case
 * @param hides names of members whose values no answer may show
 */
record CatalogHead(
        String name,
        CarrierNames carriers,
        Set<String> forwarded,
        Set<String> ignoresCase,
        Set<String> holdsData,
        Set<String> hides,
        ConditionReader conditions,
        PlainPaths plain,
        List<FieldMeaning> meanings,
        Map<String, QuestionPlan> questions) {

    static CatalogHead read(CatalogSection top) {
        CatalogSection provider = top.require("provider");
        if (!provider.text().matches("[a-z][a-z0-9-]*")) {
            throw provider.wrong("must be a lower-case word");
        }
        top.require("forwarded-headers");
        CatalogSection carriers = top.require("carriers").only("headers query cookies");
        return new CatalogHead(
                provider.text(),
                new CarrierNames(
                        headers(carriers, "headers"),
                        Set.copyOf(carriers.texts("query")),
                        Set.copyOf(carriers.texts("cookies"))),
                headers(top, "forwarded-headers"),
                Set.copyOf(top.texts("ignores-case")),
                new HashSet<>(),
                Set.copyOf(top.texts("hides")),
                ConditionReader.of(WordList.lists(top)),
                new PlainPaths(top),
                FieldMeaning.all(top),
                QuestionPlan.all(top));
    }

    static Set<String> headers(CatalogSection section, String name) {
        for (CatalogSection item : section.items(name)) {
            if (!item.text().equals(item.text().toLowerCase(Locale.ROOT))) {
                throw item.wrong("must be in lower case");
            }
        }
        return Set.copyOf(section.texts(name));
    }

    /** Checks what needs all operations of the file, which touch {@code types}. */
    void finish(CatalogSection top, Set<String> types) {
        plain.requireUsed();
        meanings.forEach(FieldMeaning::requireUsed);
        holdsData.addAll(top.once("holds-data", types, "is not a resource type of any operation in this catalog"));
    }

    /** Requires that each type listed under {@code ignores-case} is one of {@code types}. */
    static void requireIgnoredCase(CatalogSection top, Set<String> types) {
        for (CatalogSection item : top.items("ignores-case")) {
            if (!types.contains(item.text())) {
                throw item.wrong("is not a type in `resources`");
            }
        }
    }

    Resource account() {
        return new Resource(name, "account", "self");
    }

    /**
     * Writes the identifier in lower case where the provider ignores case. Otherwise one thing with two spellings would
     * count as two, of which only one is sealed.
     */
    Resource fold(Resource resource) {
        return ignoresCase.contains(resource.type())
                ? new Resource(
                        resource.provider(), resource.type(), resource.id().toLowerCase(Locale.ROOT))
                : resource;
    }

    Set<Resource> fold(Set<Resource> resources) {
        Set<Resource> folded = new TreeSet<>();
        resources.forEach(resource -> folded.add(fold(resource)));
        return folded;
    }

    /**
     * The arguments that a catalog lists under {@code plain}: names, kinds and the like, which receipts hold in words.
     * Of any other text in a request they hold a salted digest.
     */
    static final class PlainPaths {

        private final Map<ArgumentPath, CatalogSection> listed = new LinkedHashMap<>();
        private final Set<ArgumentPath> used = new HashSet<>();

        PlainPaths(CatalogSection top) {
            for (CatalogSection item : top.items("plain")) {
                if (listed.put(item.read(ArgumentPath::parse), item) != null) {
                    throw item.wrong("is listed twice");
                }
            }
        }

        /** Returns whether {@code path}, which an operation shows, is listed. Names of members always count as such. */
        boolean contains(ArgumentPath path) {
            used.add(path);
            return listed.containsKey(path) || path.steps().getLast().equals(ArgumentPath.NAMES);
        }

        /** Requires that an operation shows each of them, because otherwise it is a slip. */
        void requireUsed() {
            listed.forEach((path, item) -> {
                if (!used.contains(path)) {
                    throw item.wrong("is not among the `facts` of any operation");
                }
            });
        }
    }
}
