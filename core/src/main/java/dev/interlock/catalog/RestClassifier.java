package dev.interlock.catalog;

import dev.interlock.action.Action;
import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.catalog.RestOperation.DestroyedPart;
import dev.interlock.catalog.RestReader.RestRequest;
import dev.interlock.catalog.graphql.Value;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Turns a REST request into its action. */
record RestClassifier(RestCatalog knowledge, ProviderAnswers answers) {

    private static final Fact NEW = ActionFacts.known(Fact.DESTROYS, Fact.ONLY_NEW);

    Action judge(RestRequest request) {
        return judge(request, request.entry().entry());
    }

    /** Returns the action in case it takes nothing away: {@code kept}, and the impacts that its arguments add. */
    Action harmlessAction(RestRequest request, Set<Impact> kept) {
        CatalogEntry said = request.entry().entry();
        return judge(request, said.with(kept, Reversibility.REVERSIBLE, said.rules()));
    }

    /** Returns the action if it takes something away that held machines back. */
    Action releasingAction(RestRequest request) {
        CatalogEntry said = request.entry().entry();
        Set<Impact> impacts = EnumSet.copyOf(said.impacts());
        impacts.add(Impact.EXECUTE);
        return judge(request, said.with(impacts, Reversibility.IRREVERSIBLE, said.rules()));
    }

    /** Returns the action while the state before it is kept. */
    Action recoverableAction(RestRequest request, UndoPlan plan) {
        return judge(request, request.entry().entry().undone(plan));
    }

    private Action judge(RestRequest request, CatalogEntry entry) {
        AppliedEntry strict = AppliedEntry.of(entry, request.arguments());
        Set<Resource> resources = resources(request, strict);
        AppliedEntry applied = strict.settled(resources, answers);
        List<Fact> facts = ActionFacts.of(applied, noticed(request));
        if (!applied.impacts().equals(Set.of(Impact.READ))) {
            facts = Stream.concat(facts.stream(), things(request)).toList();
        }
        if (applied.impacts().contains(Impact.DESTROY)) {
            facts = Stream.concat(facts.stream(), spared(request, applied, resources))
                    .toList();
        }
        besides(applied).forEach(resources::add);
        return new Action(
                new Operation(knowledge.name(), request.entry().name()),
                applied.impacts(),
                applied.reversibility(),
                resources,
                facts,
                entry.piecemeal());
    }

    private Stream<Fact> things(RestRequest request) {
        CatalogEntry entry = request.entry().entry();
        boolean isNamed = !entry.facts().things().isEmpty();
        return things(knowledge, request.entry()).stream()
                .filter(thing -> thing.named().isPresent() || !isNamed)
                .map(ActionFacts::thing);
    }

    private Stream<Fact> spared(RestRequest request, AppliedEntry applied, Set<Resource> resources) {
        Stream<Fact> kept = besides(applied)
                .filter(resource -> !resources.contains(resource))
                .map(ActionFacts::kept);
        return isOfAPart(request, applied) ? Stream.concat(Stream.of(part(request)), kept) : kept;
    }

    private static Fact part(RestRequest request) {
        return request.entry().part().filter(part -> part == DestroyedPart.NEW).isPresent() ? NEW : ActionFacts.PART;
    }

    private Stream<Resource> besides(AppliedEntry applied) {
        return knowledge.head().fold(applied.unharmedResources(knowledge.name())).stream();
    }

    /**
     * Returns whether the operation destroys only a part of the resource that its path names: if the file says so, or
     * if the path does not end with the resource's own name, and ends with a further name, the method is DELETE, or the
     * request replaces something. A resource named by arguments is destroyed itself.
     */
    private boolean isOfAPart(RestRequest request, AppliedEntry applied) {
        return applied.resources(knowledge.name()).isEmpty() && isOfAPart(knowledge, request.entry());
    }

    /** Returns whether {@code operation} destroys only a part of the resource that its path names, if it destroys. */
    static boolean isOfAPart(RestCatalog knowledge, RestOperation operation) {
        Optional<String> end = operation.line().template().end();
        boolean further = end.isPresent()
                || operation.line().method().equals("DELETE")
                || operation.replaces().isPresent();
        return operation.part().isPresent()
                || (further
                        && named(knowledge, operation.line().template().names())
                                .noneMatch(name ->
                                        end.filter(name.parts()::contains).isPresent()));
    }

    /** Returns what a request touches inside its resources, by the path of {@code operation}. */
    static List<ThingName.Thing> things(RestCatalog knowledge, RestOperation operation) {
        Set<String> parts = named(knowledge, operation.line().template().names())
                .flatMap(name -> name.parts().stream())
                .collect(Collectors.toSet());
        // one that is called `unlock` or the like takes no thing away, but a state
        boolean isDeletion =
                operation.line().method().equals("DELETE") && !operation.name().contains("/un");
        return ThingName.of(operation.line().template(), isDeletion, parts::contains);
    }

    private Stream<ResourceName> named(RestRequest request) {
        return named(knowledge, request.parameters().keySet());
    }

    private static Stream<ResourceName> named(RestCatalog knowledge, Set<String> parameters) {
        List<ResourceName> named = knowledge.resources().stream()
                .filter(name -> parameters.containsAll(name.parts()))
                .toList();
        return named.stream().filter(name -> named.stream().noneMatch(name::isPartOf));
    }

    private Set<Resource> resources(RestRequest request, AppliedEntry applied) {
        Set<Resource> resources = knowledge.head().fold(applied.resources(knowledge.name()));
        named(request).forEach(name -> resources.add(resource(name, request)));
        knowledge.colons().stream()
                .map(rule -> rule.owners(knowledge.name(), request.parameters(), request.arguments()))
                .forEach(owners -> resources.addAll(knowledge.head().fold(owners)));
        if (resources.isEmpty()) {
            resources.add(knowledge.head().account());
        }
        return resources;
    }

    private Resource resource(ResourceName name, RestRequest request) {
        String id = AppliedEntry.identifier(new Value.Text(name.id(request.parameters())), name.text());
        RestCatalog.@Nullable AlternativeName other =
                knowledge.otherNames().get(name.parts().iterator().next());
        String type = other != null && other.like().matcher(id).matches() ? other.type() : name.type();
        return knowledge.head().fold(new Resource(knowledge.name(), type, id));
    }

    private static List<Fact> noticed(RestRequest request) {
        List<Fact> facts = new ArrayList<>();
        request.parameters().keySet().stream()
                .map(name -> new ArgumentPath(List.of(name)))
                .filter(path -> !request.entry().entry().outlines().contains(path))
                .filter(path -> !request.entry().entry().facts().all().contains(path))
                .forEach(path ->
                        path.in(request.arguments()).forEach(value -> facts.add(ActionFacts.naming(path, value))));
        request.entry()
                .replaces()
                .ifPresent(path -> facts.add(ActionFacts.known(ActionFacts.REPLACES, path.toString())));
        request.entry().stands().ifPresent(stands -> facts.add(ActionFacts.known(ActionFacts.STANDS, stands)));
        return facts;
    }
}
