package dev.interlock.catalog;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.HttpCall.Parameter;
import dev.interlock.catalog.graphql.GraphqlReader;
import dev.interlock.catalog.graphql.GraphqlReading;
import dev.interlock.catalog.graphql.GraphqlRequest;
import dev.interlock.catalog.graphql.UnreadableException;
import dev.interlock.catalog.graphql.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** GraphQL over HTTP. Opens calls that carry a GraphQL request, and builds the call to send from their meaning. */
final class GraphqlEnvelope {

    private static final String UTF_8 = "(\\s*;\\s*charset=(utf-8|\"utf-8\"))?";
    private static final Pattern DOCUMENT = Pattern.compile("(?i)application/graphql" + UTF_8);
    private static final Pattern JSON = Pattern.compile("(?i)application/json" + UTF_8);
    private final Set<String> endpoints;
    private final Set<String> forwarded;
    private final GraphqlReader reader = new GraphqlReader();

    GraphqlEnvelope(Set<String> endpoints, Set<String> forwarded) {
        this.endpoints = endpoints;
        this.forwarded = forwarded;
    }

    GraphqlReading open(HttpCall call) {
        if (!endpoints.contains(call.path())) {
            throw new UnreadableException(
                    CatalogRefusals.NO_ENDPOINT,
                    String.join(" or ", endpoints.stream().sorted().toList()));
        }
        if (!call.isWhole()) {
            throw new UnreadableException(CatalogRefusals.BATCH_TOO_LONG);
        }
        refuseHeader(call, "content-encoding", "Compressed bodies are not supported.");
        refuseHeader(call, "upgrade", "Upgrades to another protocol are not supported.");
        return switch (call.method()) {
            case "POST" -> post(call);
            case "GET" -> get(call);
            default -> throw new UnreadableException(CatalogRefusals.GRAPHQL_METHOD);
        };
    }

    private static void refuseHeader(HttpCall call, String name, String reason) {
        if (call.headers().stream().anyMatch(header -> header.name().equals(name))) {
            throw new UnreadableException(reason, "Send plain application/json.");
        }
    }

    private GraphqlReading post(HttpCall call) {
        String type = Catalog.contentType(call);
        if (DOCUMENT.matcher(type).matches()) {
            return reader.document(call.body().toArray(), parameters(call));
        }
        if (!JSON.matcher(type).matches()) {
            throw new UnreadableException(CatalogRefusals.MEDIA_TYPE);
        }
        if (!call.query().isEmpty()) {
            throw new UnreadableException(CatalogRefusals.QUERY_AND_BODY);
        }
        return reader.post(call.body().toArray());
    }

    private GraphqlReading get(HttpCall call) {
        if (call.body().length() > 0) {
            throw new UnreadableException(CatalogRefusals.GET_WITH_BODY);
        }
        return reader.get(parameters(call));
    }

    private static List<Map.Entry<String, String>> parameters(HttpCall call) {
        return call.query().stream()
                .map(parameter -> Map.entry(parameter.name(), parameter.value()))
                .toList();
    }

    HttpCall close(HttpCall call, GraphqlReading.GraphqlRequests understood) {
        List<Header> headers = new ArrayList<>();
        call.headers().stream()
                .filter(header -> forwarded.contains(header.name()))
                .forEach(headers::add);
        if (call.method().equals("GET")) {
            return call.rewritten(parameters(understood.requests().getFirst()), headers, Bytes.empty());
        }
        // Every provider takes JSON, for every form of the original (GraphQL over HTTP §4.2).
        headers.add(new Header("content-type", "application/json"));
        return call.rewritten(List.of(), headers, Bytes.utf8(understood.body()));
    }

    private static List<Parameter> parameters(GraphqlRequest request) {
        List<Parameter> parameters = new ArrayList<>();
        request.members().members().forEach((name, value) -> parameters.add(new Parameter(name, parameter(value))));
        return parameters;
    }

    private static String parameter(Value value) {
        return Optional.of(value).flatMap(Value::scalar).orElseGet(value::json);
    }
}
