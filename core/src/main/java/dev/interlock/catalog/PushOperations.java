package dev.interlock.catalog;

import dev.interlock.action.Impact;
import dev.interlock.action.PushedRef;
import dev.interlock.catalog.RestOperation.DestroyedPart;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A catalog's description of pushes by Git: the operations that a push may ask for.
 *
 * @param nothing the operation that a push of nothing counts as; it only reads
 */
record PushOperations(
        RestOperation push, RestOperation nothing, PushOperation create, PushOperation update, PushOperation delete) {

    /**
     * What a push does to one ref.
     *
     * @param whileKept as it is while the gateway keeps what would be lost
     */
    record PushOperation(RestOperation asSent, RestOperation whileKept) {}

    /** The media type of a push (gitprotocol-http(5)). */
    static final String TYPE = "application/x-git-receive-pack-request";

    /** Rules that ask about these alone say which refs are built and deployed. */
    static final Set<ArgumentPath> REF = Stream.of("push.default", "body.ref", "ref")
            .map(ArgumentPath::parse)
            .collect(Collectors.toUnmodifiableSet());

    /** Rules that ask about these alone, and add {@code execute}, say which files run. */
    static final ArgumentPath FILES = ArgumentPath.parse("push.files");

    private static final String BODY = "?body";
    private static final String PUSH = "?push";

    PushOperation of(PushedRef.Change change) {
        return switch (change) {
            case CREATE -> create;
            case UPDATE -> update;
            case DELETE -> delete;
        };
    }

    /** Reads the section {@code push} of a catalog file, in which the operations have been read already. */
    static PushOperations read(CatalogSection section, CatalogHead head, Map<String, RestOperation> known) {
        section.only("operation nothing create update delete");
        RestOperation push = known(section.require("operation"), known);
        if (!(push.line().body() instanceof RequestLine.Opaque(Set<String> types)) || !types.equals(Set.of(TYPE))) {
            throw section.require("operation").wrong("must take the body `<" + TYPE + ">`");
        }
        RestOperation nothing = known(section.require("nothing"), known);
        return new PushOperations(
                push,
                nothing,
                operation(section.require("create"), head, push),
                operation(section.require("update"), head, push),
                operation(section.require("delete"), head, push));
    }

    private static RestOperation known(CatalogSection name, Map<String, RestOperation> known) {
        return Optional.ofNullable(known.get(name.text()))
                .orElseThrow(() -> name.wrong("is not an operation of this catalog"));
    }

    /** Returns whether {@code arguments} are those of a push, which the gateway has read itself. */
    static boolean areOfPush(Map<String, ProviderSchema.InputField> arguments) {
        return ProviderSchema.InputField.of(PUSH).equals(arguments.get("push"));
    }

    private static PushOperation operation(CatalogSection section, CatalogHead head, RestOperation push) {
        section.only("name impacts kept reversibility facts counts when effect safer");
        ProviderSchema shapes = ProviderSchema.ofInputs(Map.of(
                BODY, names("ref", "sha", "force"),
                PUSH,
                        names(
                                "brings",
                                "default",
                                "deploys",
                                "commits",
                                "files",
                                "paths",
                                "runs",
                                "lost",
                                "people",
                                "others",
                                "written",
                                "installing",
                                "messages",
                                "newest")));
        Map<String, ProviderSchema.InputField> arguments = new LinkedHashMap<>();
        push.line().template().names().forEach(name -> arguments.put(name, ProviderSchema.InputField.TEXT));
        arguments.put("ref", ProviderSchema.InputField.TEXT);
        arguments.put("body", ProviderSchema.InputField.of(BODY));
        arguments.put("push", ProviderSchema.InputField.of(PUSH));
        // The gateway reads them from the push itself: names, kinds and numbers.
        CatalogEntry entry = new EntryReader(head, shapes, _ -> true)
                .operation(
                        section.require("name").text(),
                        section,
                        new ProviderSchema.OutputField(arguments, Optional.empty(), false))
                .withoutQuestions();
        Set<Impact> kept = section.find("kept").map(EntryReader::impacts).orElse(entry.impacts());
        return new PushOperation(
                operation(section, push, shapes, entry), operation(section, push, shapes, entry.undone(kept)));
    }

    private static RestOperation operation(
            CatalogSection section, RestOperation push, ProviderSchema shapes, CatalogEntry entry) {
        return RestOperation.of(
                section.require("name").text(),
                push.line(),
                shapes,
                entry,
                Optional.of(DestroyedPart.SOME)); // of the repository
    }

    private static Map<String, ProviderSchema.InputField> names(String... names) {
        Map<String, ProviderSchema.InputField> fields = new LinkedHashMap<>();
        for (String name : names) {
            fields.put(name, ProviderSchema.InputField.TEXT);
        }
        return fields;
    }
}
