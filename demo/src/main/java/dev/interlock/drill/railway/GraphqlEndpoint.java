package dev.interlock.drill.railway;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.action.Bytes;
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
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Serves one HTTP request, on the connection's own thread: these answers take less time than a thread switch. */
final class GraphqlEndpoint extends SimpleChannelInboundHandler<FullHttpRequest> {

    private static final String ELSEWHERE = "https://elsewhere.example/graphql/v2";

    private final GraphqlApi api;
    private final AcceptedTokens tokens;
    private final ProviderCounters counters;
    private final InjectedFaults faults;
    private final ObjectMapper json;

    GraphqlEndpoint(
            GraphqlApi api,
            AcceptedTokens tokens,
            ProviderCounters counters,
            InjectedFaults faults,
            ObjectMapper json) {
        this.api = api;
        this.tokens = tokens;
        this.counters = counters;
        this.faults = faults;
        this.json = json;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext connection, FullHttpRequest request) throws IOException {
        if (request.decoderResult().isFailure()) {
            answer(connection, request, HttpResponseStatus.BAD_REQUEST, Map.of("error", "malformed request"));
            return;
        }
        byte[] body = ByteBufUtil.getBytes(request.content());
        TokenOwner caller = tokens.recognise(
                request.headers().get("authorization"), request.headers().get("project-access-token"));
        String path = path(request);
        counters.requested(request.method().name(), path, caller, Bytes.of(body).sha256());
        switch (path) {
            case "/stream" -> EventStream.start(connection, request, query(request));
            case "/echo-auth" -> answer(connection, request, HttpResponseStatus.OK, credentials(request));
            case "/redirect" -> redirect(connection, request);
            default -> graphql(connection, request, caller, body);
        }
    }

    private void graphql(ChannelHandlerContext connection, FullHttpRequest request, TokenOwner caller, byte[] body)
            throws IOException {
        if (!path(request).startsWith("/graphql")) {
            answer(connection, request, HttpResponseStatus.NOT_FOUND, Map.of("error", "not found"));
            return;
        }
        Optional<InjectedFaults.FaultKind> fault =
                faults.meet(request.uri() + "\n" + new String(body, StandardCharsets.UTF_8));
        if (fault.isPresent() && !fault.get().applies()) {
            fail(connection, request, fault.get());
            return;
        }
        Object result = execute(request, caller, body);
        counters.write();
        if (fault.isPresent()) {
            fail(connection, request, fault.get());
        } else {
            answer(connection, request, HttpResponseStatus.OK, result);
        }
    }

    private Object execute(FullHttpRequest request, TokenOwner caller, byte[] body) {
        try {
            GraphqlDocument.Batch batch = request.method().equals(HttpMethod.GET)
                    ? GraphqlDocument.fromParameters(json, query(request))
                    : GraphqlDocument.fromBody(
                            json, request.headers().get(HttpHeaderNames.CONTENT_TYPE, "application/json"), body);
            List<Map<String, Object>> answers = batch.documents().stream()
                    .map(document -> api.execute(caller, document))
                    .toList();
            return batch.array() ? answers : answers.getFirst();
        } catch (IOException e) {
            return Map.of("errors", List.of(Map.of("message", "Problem processing request")));
        }
    }

    private static void fail(
            ChannelHandlerContext connection, FullHttpRequest request, InjectedFaults.FaultKind fault) {
        switch (fault) {
            case CUT_AFTER_APPLY, CUT_BEFORE_APPLY -> cut(connection);
            case HANG_AFTER_APPLY, HANG_BEFORE_APPLY -> {} // the caller waits until it gives up
            case ERROR ->
                send(connection, request, HttpResponseStatus.INTERNAL_SERVER_ERROR, "{\"error\":\"internal\"}");
            case GARBAGE -> send(connection, request, HttpResponseStatus.OK, "<html>it is not you, it is us</html>");
        }
    }

    private static Map<String, String> credentials(FullHttpRequest request) {
        Map<String, String> seen = new LinkedHashMap<>();
        for (String name : List.of("authorization", "project-access-token", "cookie", "host")) {
            String value = request.headers().get(name);
            if (value != null) {
                seen.put(name, value);
            }
        }
        return seen;
    }

    private static void redirect(ChannelHandlerContext connection, FullHttpRequest request) {
        DefaultFullHttpResponse response =
                response(HttpResponseStatus.TEMPORARY_REDIRECT, new byte[0], "application/json");
        response.headers().set(HttpHeaderNames.LOCATION, query(request).getOrDefault("to", ELSEWHERE));
        write(connection, request, response);
    }

    private void answer(
            ChannelHandlerContext connection, FullHttpRequest request, HttpResponseStatus status, Object content)
            throws IOException {
        write(connection, request, response(status, json.writeValueAsBytes(content), "application/json"));
    }

    private static void send(
            ChannelHandlerContext connection, FullHttpRequest request, HttpResponseStatus status, String text) {
        write(connection, request, response(status, text.getBytes(StandardCharsets.UTF_8), "text/html"));
    }

    private static DefaultFullHttpResponse response(HttpResponseStatus status, byte[] body, String type) {
        DefaultFullHttpResponse response =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.wrappedBuffer(body));
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, type);
        response.headers().set(HttpHeaderNames.CONTENT_LENGTH, body.length);
        return response;
    }

    private static void write(
            ChannelHandlerContext connection, FullHttpRequest request, DefaultFullHttpResponse response) {
        boolean keep = HttpUtil.isKeepAlive(request) && !request.decoderResult().isFailure();
        HttpUtil.setKeepAlive(response, keep);
        var written = connection.writeAndFlush(response);
        if (!keep) {
            written.addListener(ChannelFutureListener.CLOSE);
        }
    }

    static Map<String, String> query(FullHttpRequest request) {
        int mark = request.uri().indexOf('?');
        return mark < 0 ? Map.of() : FormFields.read(request.uri().substring(mark + 1));
    }

    private static String path(FullHttpRequest request) {
        int mark = request.uri().indexOf('?');
        return mark < 0 ? request.uri() : request.uri().substring(0, mark);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext connection, Throwable cause) {
        cut(connection);
    }

    private static void cut(ChannelHandlerContext connection) {
        var _ = connection.close();
    }
}
