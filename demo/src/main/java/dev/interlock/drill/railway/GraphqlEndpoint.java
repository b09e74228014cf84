package dev.interlock.drill.railway;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.drill.railway.GraphqlApi.GraphqlDocument;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.StreamSupport;

/**
 * Serves one HTTP request, on the connection's own thread: these answers take less time than a thread switch. It reads
 * documents as leniently as servers do: a JSON body (one or a batch), plain GraphQL, form fields, or the query string.
 */
final class GraphqlEndpoint extends SimpleChannelInboundHandler<FullHttpRequest> {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final TypeReference<Map<String, Object>> OBJECT = new TypeReference<>() {};

    /** A fault that is injected on purpose, into the next {@code times} requests that have {@code about} in them. */
    record ArmedFault(InjectedFault fault, String about, int times) {}

    private final World world;
    private final GraphqlApi api;
    private final ProviderCounters counters;
    private final AtomicReference<Optional<ArmedFault>> armed;

    GraphqlEndpoint(
            World world, GraphqlApi api, ProviderCounters counters, AtomicReference<Optional<ArmedFault>> armed) {
        this.world = world;
        this.api = api;
        this.counters = counters;
        this.armed = armed;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext connection, FullHttpRequest request) throws IOException {
        if (request.decoderResult().isFailure()) {
            answer(connection, request, HttpResponseStatus.BAD_REQUEST, "{\"error\":\"malformed request\"}");
            return;
        }
        byte[] body = ByteBufUtil.getBytes(request.content());
        TokenOwner owner = world.owner(
                request.headers().get("authorization"), request.headers().get("project-access-token"));
        counters.requested(owner.label());
        QueryStringDecoder address = new QueryStringDecoder(request.uri());
        if (address.rawPath().equals("/echo-auth")) {
            answer(connection, request, HttpResponseStatus.OK, JSON.writeValueAsString(credentials(request)));
        } else if (address.rawPath().startsWith("/graphql")) {
            graphql(connection, request, owner, body);
        } else {
            answer(connection, request, HttpResponseStatus.NOT_FOUND, "{\"error\":\"not found\"}");
        }
    }

    private void graphql(ChannelHandlerContext connection, FullHttpRequest request, TokenOwner owner, byte[] body)
            throws IOException {
        String text = request.uri() + "\n" + new String(body, StandardCharsets.UTF_8);
        Optional<InjectedFault> fault = armed.getAndUpdate(known -> known.filter(
                                each -> !text.contains(each.about()) || each.times() > 1)
                        .map(each -> text.contains(each.about())
                                ? new ArmedFault(each.fault(), each.about(), each.times() - 1)
                                : each))
                .filter(each -> text.contains(each.about()))
                .map(ArmedFault::fault);
        Object result = Map.of();
        if (fault.isEmpty() || fault.get().name().endsWith("AFTER_APPLY")) {
            result = execute(request, owner, body);
            counters.write();
        }
        if (fault.isEmpty()) {
            answer(connection, request, HttpResponseStatus.OK, JSON.writeValueAsString(result));
            return;
        }
        switch (fault.get()) {
            case CUT_AFTER_APPLY, CUT_BEFORE_APPLY -> cut(connection);
            case HANG_AFTER_APPLY -> {} // the caller waits until it gives up
            case ERROR ->
                answer(connection, request, HttpResponseStatus.INTERNAL_SERVER_ERROR, "{\"error\":\"internal\"}");
            case GARBAGE -> answer(connection, request, HttpResponseStatus.OK, "<html>it is not you, it is us</html>");
        }
    }

    private Object execute(FullHttpRequest request, TokenOwner owner, byte[] body) {
        String type = request.headers().get(HttpHeaderNames.CONTENT_TYPE, "application/json");
        String text = new String(body, StandardCharsets.UTF_8);
        try {
            if (request.method().equals(HttpMethod.GET)) {
                return api.execute(owner, fromParameters(new QueryStringDecoder(request.uri())));
            }
            if (type.startsWith("application/x-www-form-urlencoded")) {
                return api.execute(owner, fromParameters(new QueryStringDecoder(text, false)));
            }
            if (type.startsWith("application/graphql") && !type.startsWith("application/graphql-response")) {
                return api.execute(owner, new GraphqlDocument(text, Map.of(), Optional.empty()));
            }
            JsonNode root = JSON.readTree(body);
            return root.isArray()
                    ? StreamSupport.stream(root.spliterator(), false)
                            .map(each -> api.execute(owner, fromJson(each)))
                            .toList()
                    : api.execute(owner, fromJson(root));
        } catch (IOException e) {
            return Map.of("errors", List.of(Map.of("message", "Problem processing request")));
        }
    }

    private static GraphqlDocument fromParameters(QueryStringDecoder encoded) throws IOException {
        Map<String, List<String>> parameters = encoded.parameters();
        String variables = parameters.getOrDefault("variables", List.of("")).getLast();
        return new GraphqlDocument(
                parameters.getOrDefault("query", List.of("")).getLast(),
                variables.isBlank() ? Map.of() : JSON.readValue(variables, OBJECT),
                Optional.ofNullable(parameters.get("operationName")).map(List::getLast));
    }

    private static GraphqlDocument fromJson(JsonNode node) {
        JsonNode variables = node.path("variables");
        return new GraphqlDocument(
                node.path("query").asText(""),
                variables.isObject() ? JSON.convertValue(variables, OBJECT) : Map.of(),
                Optional.ofNullable(node.path("operationName").textValue()));
    }

    private static Map<String, String> credentials(FullHttpRequest request) {
        Map<String, String> seen = new LinkedHashMap<>();
        for (String name : List.of("authorization", "project-access-token", "cookie", "host")) {
            Optional.ofNullable(request.headers().get(name)).ifPresent(value -> seen.put(name, value));
        }
        return seen;
    }

    private static void answer(
            ChannelHandlerContext connection, FullHttpRequest request, HttpResponseStatus status, String text) {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        DefaultFullHttpResponse response =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.wrappedBuffer(body));
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, text.startsWith("<") ? "text/html" : "application/json");
        response.headers().set(HttpHeaderNames.CONTENT_LENGTH, body.length);
        boolean keep = HttpUtil.isKeepAlive(request) && !request.decoderResult().isFailure();
        HttpUtil.setKeepAlive(response, keep);
        var written = connection.writeAndFlush(response);
        if (!keep) {
            written.addListener(ChannelFutureListener.CLOSE);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext connection, Throwable cause) {
        cut(connection);
    }

    private static void cut(ChannelHandlerContext connection) {
        var _ = connection.close();
    }
}
