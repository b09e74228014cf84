package dev.interlock.catalog;

import dev.interlock.action.Call;
import dev.interlock.action.Fact;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.OperationLoss;
import dev.interlock.action.OperationSummary;
import dev.interlock.action.Reversibility;
import dev.interlock.action.UnderstoodCall;
import dev.interlock.catalog.graphql.UnreadableException;
import dev.interlock.evidence.Json;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The operations of a database. What a statement does, its front reads by the database's own grammar; here are the
 * names by which policies speak of it.
 */
final class SqlDialect extends Catalog {

    /** The arguments, and the number of rows that it changes, by which policies may speak of a statement. */
    private static final Set<String> FACTS =
            Set.of(Fact.ARGUMENT + "statement", Fact.ARGUMENT + "where", Fact.ARGUMENT + "column", Fact.COUNT + "rows");

    private static final Map<String, String> TYPES =
            Map.of("table", "shop.public.orders", "temporary-table", "shop.pg_temp_3.orders", "database", "shop");

    private final List<OperationSummary> operations;

    private SqlDialect(CatalogHead head, List<OperationSummary> operations) {
        super(head);
        this.operations = List.copyOf(operations);
    }

    static SqlDialect read(CatalogSection top) {
        top.only("format provider protocol carriers forwarded-headers holds-data operations");
        CatalogHead head = CatalogHead.read(top);
        List<OperationSummary> operations = new ArrayList<>();
        top.members("operations").forEach((name, impact) -> {
            if (!name.matches("[a-z][a-z-]*")) {
                throw impact.wrong("must have a name of lower-case letters and `-`");
            }
            operations.add(summary(new Operation(head.name(), name), impact.read(Impact::of)));
        });
        head.finish(top, TYPES.keySet());
        return new SqlDialect(head, operations);
    }

    /** A function, a rule or a trigger may make any statement anything. */
    private static OperationSummary summary(Operation operation, Impact impact) {
        Set<Impact> possible = EnumSet.allOf(Impact.class);
        possible.remove(Impact.UNKNOWN);
        return new OperationSummary(
                operation,
                Set.of(impact),
                possible,
                impact == Impact.READ || impact == Impact.WRITE ? Reversibility.REVERSIBLE : Reversibility.IRREVERSIBLE,
                true,
                Optional.empty(),
                FACTS,
                Set.of(),
                OperationLoss.EVERYTHING,
                Optional.empty());
    }

    @Override
    public List<String> protocols() {
        return List.of("sql");
    }

    /** {@inheritDoc} The front has read it, in its session: there, names have a meaning. */
    @Override
    Optional<CallReading> understood(Call call) {
        return call instanceof UnderstoodCall read && read.provider().equals(name())
                ? Optional.of(new CallReading.CallMeaning(
                        read.actions(), read, Optional.empty(), Optional.empty(), Optional.empty()))
                : Optional.empty();
    }

    @Override
    public Optional<Undo> undo(Json.Members kept) {
        return Optional.empty();
    }

    @Override
    CallReading.CallMeaning meaning(HttpCall call, ProviderAnswers answers) {
        throw new UnreadableException(CatalogRefusals.NOT_HTTP);
    }

    @Override
    Stream<HttpCall> destructiveProbes(String name) {
        return Stream.empty();
    }

    @Override
    Stream<HttpCall> asking(String name) {
        return Stream.empty();
    }

    @Override
    public Map<String, String> touchedTypes() {
        return TYPES;
    }

    @Override
    public List<OperationSummary> operations() {
        return operations;
    }
}
