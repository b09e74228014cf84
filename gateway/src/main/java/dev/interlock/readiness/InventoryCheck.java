package dev.interlock.readiness;

import dev.interlock.action.Backup;
import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Impact;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.admin.Command;
import dev.interlock.admin.CommandGroup;
import dev.interlock.adminapi.AgentQuestion;
import dev.interlock.author.Patterns;
import dev.interlock.front.postgres.DatabaseSurvey;
import dev.interlock.inventory.Inventory;
import dev.interlock.inventory.LossExposure;
import dev.interlock.inventory.ProviderTokens;
import dev.interlock.inventory.ProviderTokens.ProviderToken;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Computes the worst cost of a single call for each resource, before an incident does. */
public record InventoryCheck(
        Supplier<Optional<Seal>> seals, Inventory inventory, CatalogFacts catalogs, DatabaseReader databases)
        implements CommandGroup {

    /** Asks a database, as the gateway itself, what it holds. */
    @FunctionalInterface
    public interface DatabaseReader {
        DatabaseSurvey read(Seal seal, Seal.Upstream upstream) throws IOException;
    }

    @Override
    public List<Command<?>> commands() {
        return List.of(
                Command.of(AgentQuestion.FindDependents.class, request -> dependents(request.question())),
                Command.of(AgentQuestion.FindNames.class, request -> names(request.question())),
                Command.of(AgentQuestion.CheckInventory.class, _ -> check()),
                Command.of(
                        AgentQuestion.ListTokens.class,
                        request -> tokens(request.question().upstream())));
    }

    AgentQuestion.CheckedInventory check() {
        List<AgentQuestion.Exposure> exposures = new ArrayList<>();
        List<String> unasked = new ArrayList<>();
        List<String> bySeal = new ArrayList<>();
        List<String> harmless = new ArrayList<>();
        List<AgentQuestion.StoredData> stored = new ArrayList<>();
        seals.get()
                .ifPresent(seal -> seal.upstreams().values().forEach(upstream -> {
                    if (!destroys(seal, upstream)) {
                        harmless.add(upstream.name());
                        return;
                    }
                    if (upstream.isDatabase() && upstream.resolver().isPresent()) {
                        inventory
                                .examineSealed(seal, upstream)
                                .forEach(exposure -> exposures.add(answer(seal, exposure)));
                        try {
                            stored.addAll(stored(upstream, databases.read(seal, upstream)));
                        } catch (IOException e) {
                            unasked.add(upstream.name() + ": " + e.getMessage());
                        }
                        return;
                    }
                    try {
                        inventory.examine(seal, upstream).forEach(exposure -> exposures.add(answer(seal, exposure)));
                    } catch (IOException e) {
                        List<LossExposure> told = inventory.examineSealed(seal, upstream);
                        told.forEach(exposure -> exposures.add(answer(seal, exposure)));
                        boolean knows = !told.isEmpty()
                                || !upstream.resources().isEmpty()
                                || !upstream.patterns().isEmpty();
                        // A provider that did not answer may know more than the seal.
                        (knows && !inventory.lists(upstream) ? bySeal : unasked)
                                .add(upstream.name() + ": " + e.getMessage());
                    }
                }));
        return new AgentQuestion.CheckedInventory(
                exposures,
                seals.get().map(seal -> seal.backups().expendable()).orElse(Set.of()).stream()
                        .map(Resource::toString)
                        .toList(),
                patterns(),
                unasked,
                bySeal,
                harmless,
                stored);
    }

    private static List<AgentQuestion.StoredData> stored(Seal.Upstream upstream, DatabaseSurvey survey) {
        Resource own = upstream.database().orElseThrow();
        return Stream.concat(
                        survey.databases().stream()
                                .filter(one -> one.name().equals(own.id()))
                                .map(one -> stored(upstream, own, one, Optional.empty())),
                        survey.tables().stream()
                                .map(one -> stored(
                                        upstream,
                                        new Resource(own.provider(), "table", own.id() + "." + one.name()),
                                        one,
                                        Optional.of(one.count()))))
                .toList();
    }

    private static AgentQuestion.StoredData stored(
            Seal.Upstream upstream, Resource resource, DatabaseSurvey.Holder holder, Optional<Long> rows) {
        return new AgentQuestion.StoredData(
                upstream.name(),
                resource.toString(),
                upstream.placement(resource)
                        .map(placed -> List.copyOf(placed.environments()))
                        .orElse(List.of()),
                holder.bytes(),
                rows);
    }

    /**
     * Returns whether any call through {@code upstream} could destroy something. Upstreams for models and for packages
     * cannot. An operation that is in no catalog, or that the seal classifies, is refused or counted as the seal says.
     */
    private boolean destroys(Seal seal, Seal.Upstream upstream) {
        boolean classified = seal.classify().entrySet().stream()
                .anyMatch(entry -> entry.getKey().provider().equals(upstream.catalog())
                        && entry.getValue().contains(Impact.DESTROY));
        return classified || catalogs.of(seal).mayDestroy(upstream.catalog());
    }

    private AgentQuestion.Dependents dependents(AgentQuestion.FindDependents asked) {
        Resource resource = Resource.parse(asked.resource());
        return new AgentQuestion.Dependents(
                seals.get().map(seal -> seal.upstreams().get(asked.upstream())).stream()
                        .flatMap(known -> inventory.uses(known, resource).stream())
                        .map(use -> new AgentQuestion.Dependent(use.service(), use.environment()))
                        .toList());
    }

    private AgentQuestion.Names names(AgentQuestion.FindNames asked) {
        Map<String, String> names = new TreeMap<>();
        seals.get()
                .ifPresent(seal -> asked.resources()
                        .forEach(
                                id -> inventory.name(seal, Resource.parse(id)).ifPresent(name -> names.put(id, name))));
        return new AgentQuestion.Names(names);
    }

    /** Returns the tokens that providers honour; those of {@code upstream}, or all. */
    AgentQuestion.Tokens tokens(Optional<String> upstream) {
        List<AgentQuestion.Token> tokens = new ArrayList<>();
        List<String> unread = new ArrayList<>();
        List<Seal.Upstream> asked = seals.get().stream()
                .flatMap(seal -> seal.upstreams().values().stream())
                .filter(one -> upstream.isEmpty() || upstream.get().equals(one.name()))
                .toList();
        if (asked.isEmpty()) {
            unread.add(upstream.map(name -> "`" + name + "` is not an upstream of the seal in force")
                    .orElse("no seal is in force"));
        }
        for (Seal.Upstream one : asked) {
            try {
                ProviderTokens found = inventory.tokens(seals.get().orElseThrow(), one);
                found.all().forEach(token -> tokens.add(answer(one.name(), token)));
                found.unread().forEach(why -> unread.add(one.name() + ": " + why));
            } catch (IOException e) {
                unread.add(one.name() + ": " + e.getMessage());
            }
        }
        return new AgentQuestion.Tokens(tokens, unread);
    }

    private static AgentQuestion.Token answer(String upstream, ProviderToken token) {
        return new AgentQuestion.Token(
                upstream,
                token.kind(),
                token.id(),
                token.name(),
                token.reach(),
                token.isRed(),
                token.sortedMarks().stream().map(ProviderToken.TokenMark::word).toList(),
                token.dates().created().map(Instant::toString),
                token.dates().used().map(Instant::toString),
                token.dates().expires().map(Instant::toString));
    }

    /** Returns the name patterns of the seal. They cover resources that no provider is asked about. */
    private List<AgentQuestion.PatternCoverage> patterns() {
        return seals.get().stream()
                .flatMap(seal -> seal.upstreams().values().stream())
                .flatMap(upstream -> upstream.patterns().stream()
                        .map(pattern -> new AgentQuestion.PatternCoverage(
                                upstream.name(), pattern.toString(), Patterns.coverage(upstream, pattern))))
                .toList();
    }

    private static AgentQuestion.Exposure answer(Seal seal, LossExposure exposure) {
        return new AgentQuestion.Exposure(
                exposure.upstream(),
                exposure.resource().toString(),
                List.copyOf(exposure.environments()),
                seal.backups().groups(exposure.resource()).values().stream()
                        .flatMap(Set::stream)
                        .sorted()
                        .toList(),
                ids(exposure.lostBackups()),
                ids(exposure.survivors()),
                ids(exposure.survivors().stream()
                        .filter(Backup::isSeparationUnseen)
                        .toList()),
                List.copyOf(exposure.plansWithoutBackup(seal)),
                exposure.concerns().stream().map(LossExposure.LossConcern::word).toList());
    }

    private static List<String> ids(List<Backup> backups) {
        return backups.stream().map(Backup::id).toList();
    }
}
