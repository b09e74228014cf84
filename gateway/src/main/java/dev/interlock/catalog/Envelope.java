package dev.interlock.catalog;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.HttpCall.Parameter;
import dev.interlock.catalog.graphql.GraphqlReader;
import dev.interlock.catalog.graphql.GraphqlReading;
import dev.interlock.catalog.graphql.Request;
import dev.interlock.catalog.graphql.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** GraphQL over HTTP: which calls carry a request that is read, and the call that carries what was understood. */
final class Envelope {

    private static final String JSON = "application/json";

    private final Set<String> endpoints;
    private final Set<String> forwarded;
    private final GraphqlReader reader = new GraphqlReader();

    Envelope(Set<String> endpoints, Set<String> forwarded) {
        this.endpoints = endpoints;
        this.forwarded = forwarded;
    }

    GraphqlReading open(HttpCall call) {
        if (!endpoints.contains(call.path())) {
            throw new NotKnownException(
                    "The catalog knows no GraphQL at this path.",
                    "Send the request to "
                            + String.join(" or ", endpoints.stream().sorted().toList()) + ".");
        }
        refuseHeader(call, "content-encoding", "Compressed bodies are not read yet.");
        refuseHeader(call, "upgrade", "Upgrades to another protocol are not read yet.");
        return switch (call.method()) {
            case "POST" -> post(call);
            case "GET" -> get(call);
            default ->
                throw new NotKnownException("GraphQL is read by POST and GET only.", "Send the request by POST.");
        };
    }

    private static void refuseHeader(HttpCall call, String name, String reason) {
        if (call.headers().stream().anyMatch(header -> header.name().equals(name))) {
            throw new NotKnownException(reason, "Send plain application/json.");
        }
    }

    private GraphqlReading post(HttpCall call) {
        requireJson(call);
        if (!call.query().isEmpty()) {
            throw new NotKnownException(
                    "The request has query parameters beside its body, and servers differ in which they believe.",
                    "Send everything in the body.");
        }
        return reader.post(call.body().toArray());
    }

    private static void requireJson(HttpCall call) {
        List<Header> types = call.headers().stream()
                .filter(header -> header.name().equals("content-type"))
                .toList();
        String type = types.size() == 1 ? types.getFirst().value().toLowerCase(Locale.ROOT) : "";
        if (!type.matches("application/json(\\s*;\\s*charset=(utf-8|\"utf-8\"))?")) {
            throw new NotKnownException(
                    mediaType(type) + " is not read yet.",
                    "Send application/json in UTF-8, and name it in one" + " content-type header.");
        }
    }

    private static String mediaType(String type) {
        if (type.startsWith("multipart/")) {
            return "A multipart body";
        }
        if (type.startsWith("application/graphql")) {
            return "A body of type application/graphql";
        }
        return "This content type";
    }

    private GraphqlReading get(HttpCall call) {
        if (call.body().length() > 0) {
            throw new NotKnownException("A GET carries a body, which servers treat differently.", "Send it by POST.");
        }
        return reader.get(call.query().stream()
                .map(parameter -> Map.entry(parameter.name(), parameter.value()))
                .toList());
    }

    /** The call to send for what was understood of {@code call}. */
    HttpCall close(HttpCall call, GraphqlReading.Understood understood) {
        List<Header> headers = new ArrayList<>();
        call.headers().stream()
                .filter(header -> forwarded.contains(header.name()))
                .forEach(headers::add);
        if (call.method().equals("GET")) {
            return call.rewritten(parameters(understood.requests().getFirst()), headers, Bytes.empty());
        }
        headers.add(new Header("content-type", JSON));
        return call.rewritten(List.of(), headers, Bytes.utf8(understood.body()));
    }

    private static List<Parameter> parameters(Request request) {
        List<Parameter> parameters = new ArrayList<>();
        request.members().members().forEach((name, value) -> parameters.add(new Parameter(name, parameter(value))));
        return parameters;
    }

    private static String parameter(Value value) {
        return Optional.of(value).flatMap(Value::scalar).orElseGet(value::json);
    }
}
