package dev.interlock.catalog;

import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A catalog's description of one operation of a REST provider.
 *
 * @param part set if the file says that it destroys only a part of its resource
 * @param replaces the path to the content that afterwards is exactly as the request has it
 * @param stands the operation that reads the present content at the same path
 * @param asks the question about the present state that its meaning depends on, if there is one
 * @param secrets the paths of secrets in its answer, if known; without paths, the answer holds none
 */
record RestOperation(
        String name,
        RequestLine line,
        ProviderSchema shapes,
        CatalogEntry entry,
        Optional<DestroyedPart> part,
        Optional<ArgumentPath> replaces,
        Optional<String> stands,
        Optional<StateQuestion> asks,
        Optional<ResponseRedaction> secrets) {

    /** Returns an operation that asks nothing, replaces nothing, and has no secrets in its answer that are marked. */
    static RestOperation of(
            String name, RequestLine line, ProviderSchema shapes, CatalogEntry entry, Optional<DestroyedPart> part) {
        return new RestOperation(
                name,
                line,
                shapes,
                entry,
                part,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    /** Returns it once for each path of its request, with that path alone. */
    List<RestOperation> atEachPath() {
        return Stream.concat(Stream.of(line.template()), line.alternatives().stream())
                .map(path ->
                        new RestOperation(name, line.at(path), shapes, entry, part, replaces, stands, asks, secrets))
                .toList();
    }

    /** Returns all impacts it may have, whatever its arguments and the provider's present state are. */
    Set<Impact> possible() {
        Set<Impact> possible = EnumSet.copyOf(entry.possible());
        asks.ifPresent(how -> possible.addAll(how.kept()));
        return possible;
    }

    /** Returns the names of the facts that it can have; the parameters of its path are always shown. */
    Set<String> factNames() {
        Set<String> names = ActionFacts.names(entry);
        line.template().names().forEach(parameter -> names.add(Fact.ARGUMENT + parameter));
        return names;
    }

    /** Returns the arguments of which no fact has the value; bytes are never read. */
    Set<String> hidden() {
        Set<String> hidden = entry.hidden(factNames(), shapes);
        if (line.body() instanceof RequestLine.Opaque) {
            hidden.add(RequestLine.WHOLE);
        }
        return hidden;
    }

    /** Returns every path that a decision about it reads. */
    Set<ArgumentPath> readPaths() {
        Set<ArgumentPath> looked = entry.readPaths();
        replaces.ifPresent(looked::add);
        asks.ifPresent(how -> looked.addAll(how.readPaths()));
        return looked;
    }

    /** The part of its resource that an operation destroys, as the catalog file states it. */
    enum DestroyedPart {
        /** Some part that has no place of its own. */
        SOME,
        /** Only content that the operation creates itself. */
        NEW
    }
}
