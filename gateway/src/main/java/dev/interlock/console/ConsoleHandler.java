package dev.interlock.console;

import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;
import org.eclipse.jetty.http.HttpCookie;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Fields;
import org.eclipse.jetty.util.UrlEncoded;
import org.eclipse.jetty.util.thread.Scheduler;

/** Checks every request before its route: the host name, the route's existence, the request's origin, the session. */
final class ConsoleHandler extends Handler.Abstract {

    /** Limits the bytes of a body. A signed statement or a passkey's answer fits many times. */
    static final int MAX_BODY = 64 * 1024;

    static final int MAX_FIELDS = 32;
    /** Limits how many cookies of one name are checked. */
    static final int MAX_COOKIES = 8;

    /** Kept, because each question for them copies some six hundred. */
    private static final Set<String> ZONES = Set.copyOf(ZoneId.getAvailableZoneIds());
    /** Limits the streams at once. Each holds a thread and a place among the ledger's followers. */
    static final int MAX_STREAMS = 160;
    /** Limits the streams of one person: enough for all the windows that somebody watches. */
    static final int MAX_STREAMS_OF_ONE = 12;

    private static final System.Logger LOG = System.getLogger(ConsoleHandler.class.getName());

    private final Console.ConsoleAddress place;
    private final Routes routes;
    private final Sessions sessions;
    private final IdleConnectionLimiter idleLimiter;
    private final ErrorPages faults;
    private final Semaphore streams = new Semaphore(MAX_STREAMS);
    private final Map<String, Integer> streamsOfOne = new ConcurrentHashMap<>();
    private final String cookieName;
    private final String bindingName;

    ConsoleHandler(Console.ConsoleAddress place, Routes routes, Sessions sessions, IdleConnectionLimiter idleLimiter) {
        this.idleLimiter = idleLimiter;
        this.place = place;
        this.routes = routes;
        this.sessions = sessions;
        this.faults = new ErrorPages(place);
        // A browser accepts the prefix only from an encrypted page, and only for this one host (RFC 6265bis §4.1.3).
        this.cookieName = place.isEncrypted() ? "__Host-interlock" : "interlock";
        this.bindingName = cookieName + "-signin";
    }

    /** Thrown for a request that is refused. It carries the problem and the remedy. */
    static final class RequestRefusedException extends Exception {

        private static final long serialVersionUID = 1L;

        private final int status;
        private final String next;

        RequestRefusedException(int status, String reason, String next) {
            super(reason);
            this.status = status;
            this.next = next;
        }

        int status() {
            return status;
        }

        String next() {
            return next;
        }
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        idleLimiter.requestBegun(request);
        SecurityHeaders.put(response, place);
        Route.AnswerForm form = Route.AnswerForm.PAGE;
        Optional<Sessions.Session> session = Optional.empty();
        try {
            requireName(request);
            requireNoLease(request);
            String path = Request.getPathInContext(request);
            MatchedRoute found = route(request.getMethod(), path);
            form = found.route().form();
            String browser = header(request, HttpHeader.USER_AGENT).orElse("");
            String cookie = cookie(request, browser);
            requireOurPage(request, found.route());
            session = sessions.find(cookie, browser);
            if (found.route().access() == Route.Access.SIGNED_IN && session.isEmpty()) {
                signIn(path, response, callback, form);
                return true;
            }
            boolean acts = found.route().method().equals("POST");
            Map<String, String> fields = acts ? form(request) : query(request);
            if (acts && found.route().access() == Route.Access.SIGNED_IN) {
                requireToken(request, fields, session.orElseThrow());
            }
            ConsoleRequest consoleRequest = new ConsoleRequest(
                    found.id(),
                    fields,
                    session,
                    cookie,
                    cookies(request, bindingName).toList(),
                    browser,
                    Request.getRemoteAddr(request),
                    zone(request),
                    routes.commands());
            send(found.route().action().answer(consoleRequest), consoleRequest, request, response, callback);
        } catch (IOException e) {
            callback.failed(e);
        } catch (RequestRefusedException | AdminRefusedException | RuntimeException e) {
            refuse(refusal(e), form, session, response, callback);
        }
        return true;
    }

    private static RequestRefusedException refusal(Exception failure) {
        return switch (failure) {
            case RequestRefusedException e -> e;
            case AdminRefusedException e ->
                new RequestRefusedException(status(e.kind()), String.valueOf(e.getMessage()), e.next());
            case NumberFormatException _ -> // whose words are Java's
                new RequestRefusedException(400, "A number is not valid.", "Go back, and try again.");
            case IllegalArgumentException e ->
                new RequestRefusedException(
                        400, "The request is invalid: " + e.getMessage() + ".", "Go back, and try again.");
            default -> {
                // A browser learns nothing about our internals; the log does.
                LOG.log(System.Logger.Level.ERROR, "the console failed", failure);
                yield new RequestRefusedException(500, "Something failed in the console.", "See the daemon's log.");
            }
        };
    }

    private static int status(String kind) {
        return switch (kind) {
            case "not_found" -> 404;
            case "not_entitled" -> 403;
            case "unavailable" -> 503;
            case "refused" -> 409;
            default -> 400;
        };
    }

    /** Refuses any other host name: it would belong to a page that wants to pass for ours (DNS rebinding). */
    private void requireName(Request request) throws RequestRefusedException {
        List<String> named = request.getHeaders().getValuesList(HttpHeader.HOST);
        if (named.size() != 1 || !named.getFirst().equals(place.authority())) {
            throw new RequestRefusedException(
                    421, "This is not the console's host name.", "Its address is " + place.origin() + "/");
        }
    }

    /** Refuses a request that carries a lease. Leases are for calls, so the client is an agent and not a person. */
    private static void requireNoLease(Request request) throws RequestRefusedException {
        if (request.getHeaders().contains(HttpHeader.AUTHORIZATION)
                || request.getHeaders().contains(HttpHeader.PROXY_AUTHORIZATION)) {
            throw new RequestRefusedException(
                    403, "A lease does not sign in to the console.", "Agents must call the gateway's listener.");
        }
    }

    private record MatchedRoute(Route route, String id) {}

    private MatchedRoute route(String method, String path) throws RequestRefusedException {
        String known = method.equals("HEAD") ? "GET" : method;
        boolean other = false;
        for (Route route : routes.all()) {
            Optional<String> id = route.match(path);
            if (id.isPresent() && route.method().equals(known)) {
                return new MatchedRoute(route, id.get());
            }
            other |= id.isPresent();
        }
        throw other
                ? new RequestRefusedException(
                        405, "This page does not allow that.", "Go back, and use one of the actions shown.")
                : new RequestRefusedException(404, "There is no such page.", "The menu lists all pages.");
    }

    /** Refuses a change that does not come from a page of ours. Browsers name the origin of such requests. */
    private void requireOurPage(Request request, Route route) throws RequestRefusedException {
        Optional<String> site = Optional.ofNullable(request.getHeaders().get("Sec-Fetch-Site"));
        Optional<String> origin = header(request, HttpHeader.ORIGIN);
        boolean acts = route.method().equals("POST");
        boolean fromHere = site.filter(said -> !said.equals("same-origin")).isEmpty();
        if (acts && (!fromHere || !origin.equals(Optional.of(place.origin().toString())))) {
            throw new RequestRefusedException(
                    403,
                    "This request did not come from a page of the console.",
                    "Open the page in the console, and do it there.");
        }
        if (!acts && route.form() == Route.AnswerForm.DATA && !fromHere) {
            throw new RequestRefusedException(403, "Only pages of the console may request this.", "Open it there.");
        }
        // A request for a picture in a foreign page would count as a view, although nobody has seen the page.
        boolean isOpened = site.filter(said -> said.equals("none")).isPresent()
                || Optional.of("document")
                        .equals(Optional.ofNullable(request.getHeaders().get("Sec-Fetch-Dest")));
        if (!acts && !fromHere && !isOpened && !route.path().startsWith("/assets")) {
            throw new RequestRefusedException(
                    403, "The console cannot be embedded in another page.", "Open it in its own window.");
        }
    }

    private static void requireToken(Request request, Map<String, String> fields, Sessions.Session session)
            throws RequestRefusedException {
        String given = Optional.ofNullable(request.getHeaders().get("X-CSRF-Token"))
                .orElseGet(() -> fields.getOrDefault("csrf", ""));
        if (!MessageDigest.isEqual(
                given.getBytes(StandardCharsets.UTF_8), session.csrf().getBytes(StandardCharsets.UTF_8))) {
            throw new RequestRefusedException(
                    403, "This form belongs to another session.", "Open the page again, and do it there.");
        }
    }

    private static Optional<String> header(Request request, HttpHeader name) {
        return Optional.ofNullable(request.getHeaders().get(name));
    }

    /** Returns the cookie that opens a session. Another port may have set cookies of the same name. */
    private String cookie(Request request, String browser) {
        return cookies(request, cookieName)
                .filter(value -> sessions.isInForce(value, browser))
                .findFirst()
                .orElse("");
    }

    private static Stream<String> cookies(Request request, String name) {
        return Request.getCookies(request).stream()
                .filter(cookie -> cookie.getName().equals(name))
                .map(HttpCookie::getValue)
                .limit(MAX_COOKIES);
    }

    /** Returns the zone that our script stored. Others may have stored anything. */
    private static ZoneId zone(Request request) {
        return cookies(request, "zone")
                .filter(ZONES::contains)
                .findFirst()
                .map(ZoneId::of)
                .orElse(ZoneId.of("UTC"));
    }

    private static Map<String, String> query(Request request) throws RequestRefusedException {
        return once(Request.extractQueryParameters(request, StandardCharsets.UTF_8));
    }

    private Map<String, String> form(Request request) throws IOException, RequestRefusedException {
        String type = header(request, HttpHeader.CONTENT_TYPE).orElse("");
        if (!type.equals("application/x-www-form-urlencoded")
                && !type.equalsIgnoreCase("application/x-www-form-urlencoded;charset=UTF-8")) {
            throw new RequestRefusedException(415, "This is not a form.", "Go back, and try again.");
        }
        if (request.getLength() > MAX_BODY) {
            throw tooMuch();
        }
        Scheduler.Task end = idleLimiter.formBegun(request);
        try (InputStream in = Content.Source.asInputStream(request)) {
            byte[] body = in.readNBytes(MAX_BODY + 1);
            if (body.length > MAX_BODY) {
                throw tooMuch();
            }
            Fields fields = new Fields();
            UrlEncoded.decodeTo(new String(body, StandardCharsets.ISO_8859_1), fields::add, StandardCharsets.UTF_8);
            return once(fields);
        } finally {
            end.cancel();
        }
    }

    private static RequestRefusedException tooMuch() {
        return new RequestRefusedException(413, "The text is too long.", "Shorten the text.");
    }

    /** Refuses a field that occurs twice: one value could be read and the other shown. */
    private static Map<String, String> once(Fields fields) throws RequestRefusedException {
        if (fields.getSize() > MAX_FIELDS) {
            throw tooMuch();
        }
        Map<String, String> once = new HashMap<>();
        for (Fields.Field field : fields) {
            if (field.hasMultipleValues()) {
                throw new RequestRefusedException(400, "A field occurs twice.", "Go back, and try again.");
            }
            once.put(field.getName(), field.getValue());
        }
        return once;
    }

    private static void signIn(String path, Response response, Callback callback, Route.AnswerForm form) {
        if (form == Route.AnswerForm.PAGE) {
            response.setStatus(303);
            response.getHeaders().put(HttpHeader.LOCATION, SignInPages.pathBefore(path));
            response.write(true, null, callback);
        } else {
            write(
                    response,
                    callback,
                    401,
                    "application/json",
                    Json.object().with("error", "Nobody is signed in.").canonical());
        }
    }

    private void refuse(
            RequestRefusedException why,
            Route.AnswerForm form,
            Optional<Sessions.Session> session,
            Response response,
            Callback callback) {
        if (response.isCommitted()) {
            callback.failed(why);
        } else if (form == Route.AnswerForm.DATA) {
            write(
                    response,
                    callback,
                    why.status(),
                    "application/json",
                    Json.object()
                            .with("error", String.valueOf(why.getMessage()))
                            .with("next", why.next())
                            .canonical());
        } else {
            write(response, callback, why.status(), SecurityHeaders.HTML, faults.page(why, session));
        }
    }

    private void send(
            ConsoleAnswer answer, ConsoleRequest consoleRequest, Request request, Response response, Callback callback)
            throws IOException, RequestRefusedException {
        switch (answer) {
            case ConsoleAnswer.Page(String html, List<ConsoleAnswer.NewCookie> cookies) -> {
                keep(response, cookies);
                write(response, callback, 200, SecurityHeaders.HTML, html.getBytes(StandardCharsets.UTF_8));
            }
            case ConsoleAnswer.Data(Json.Members json, List<ConsoleAnswer.NewCookie> cookies) -> {
                keep(response, cookies);
                write(response, callback, 200, "application/json", json.canonical());
            }
            case ConsoleAnswer.RedirectAnswer(String path, List<ConsoleAnswer.NewCookie> cookies) -> {
                keep(response, cookies);
                response.setStatus(303);
                response.getHeaders().put(HttpHeader.LOCATION, path);
                response.write(true, null, callback);
            }
            case ConsoleAnswer.Download download -> save(download, response, callback);
            case ConsoleAnswer.Asset(String name) -> asset(name, request, response, callback);
            case ConsoleAnswer.Stream(ConsoleAnswer.Source source) ->
                stream(source, consoleRequest, request, response, callback);
        }
    }

    private void keep(Response response, List<ConsoleAnswer.NewCookie> cookies) {
        for (ConsoleAnswer.NewCookie cookie : cookies) {
            switch (cookie) {
                case ConsoleAnswer.NewCookie.SessionCookie(String value) ->
                    cookie(response, cookieName, value, "Strict" + (value.isEmpty() ? "; Max-Age=0" : ""));
                // The browser must send it with a request from the provider's page, from which it comes back.
                case ConsoleAnswer.NewCookie.BindingCookie(String value, Duration life) ->
                    cookie(response, bindingName, value, "Lax; Max-Age=" + life.toSeconds());
            }
        }
    }

    private void cookie(Response response, String name, String value, String sameSite) {
        // Written by hand: the header must be exactly this, and a library might change it.
        response.getHeaders()
                .add(
                        HttpHeader.SET_COOKIE,
                        name + "=" + value + "; Path=/; HttpOnly" + (place.isEncrypted() ? "; Secure" : "")
                                + "; SameSite=" + sameSite);
    }

    private static void asset(String name, Request request, Response response, Callback callback)
            throws RequestRefusedException {
        Assets.File file = Assets.find(name)
                .orElseThrow(
                        () -> new RequestRefusedException(404, "There is no such file.", "The menu lists all pages."));
        response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-cache");
        response.getHeaders().put(HttpHeader.ETAG, file.tag());
        if (header(request, HttpHeader.IF_NONE_MATCH).equals(Optional.of(file.tag()))) {
            response.setStatus(304);
            response.write(true, null, callback);
        } else {
            write(response, callback, 200, file.type(), file.content().toArray());
        }
    }

    private static void save(ConsoleAnswer.Download download, Response response, Callback callback) throws IOException {
        response.setStatus(200);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, download.type());
        response.getHeaders().put("Content-Disposition", "attachment; filename=\"" + download.name() + "\"");
        OutputStream out = new BufferedOutputStream(Content.Sink.asOutputStream(response));
        download.body().writeTo(out);
        out.close(); // only after all was written: what ends early has no end that a browser accepts
        callback.succeeded();
    }

    private void stream(
            ConsoleAnswer.Source source,
            ConsoleRequest consoleRequest,
            Request request,
            Response response,
            Callback callback)
            throws IOException, RequestRefusedException {
        String who = consoleRequest.signedIn().peer().user();
        if (!begin(who)) {
            throw new RequestRefusedException(
                    503, "Too many pages are open at once.", "Close another window, or try again in a minute.");
        }
        idleLimiter.streamBegun(request);
        try (OutputStream out = Content.Sink.asOutputStream(response)) {
            response.setStatus(200);
            response.getHeaders().put(HttpHeader.CONTENT_TYPE, "text/event-stream");
            out.write(": ok\n\n".getBytes(StandardCharsets.UTF_8));
            out.flush();
            source.streamTo(() -> sessions.isInForce(consoleRequest.cookie(), consoleRequest.browser()), data -> {
                String event = data.map(json -> "data: " + json.canonicalText() + "\n\n")
                        .orElse(": \n\n");
                out.write(event.getBytes(StandardCharsets.UTF_8));
                out.flush();
            });
        } catch (IOException e) {
            callback.failed(e); // the browser disconnected
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            LOG.log(System.Logger.Level.DEBUG, "a stream ended", e);
        } finally {
            end(who);
        }
        callback.succeeded();
    }

    /** Counts one more stream for {@code who} and returns true, unless a limit is reached. {@link #end} must follow. */
    private boolean begin(String who) {
        if (!streams.tryAcquire()) {
            return false;
        }
        if (streamsOfOne.merge(who, 1, Integer::sum) > MAX_STREAMS_OF_ONE) {
            end(who);
            return false;
        }
        return true;
    }

    private void end(String who) {
        streamsOfOne.computeIfPresent(who, (_, count) -> count == 1 ? null : count - 1);
        streams.release();
    }

    private static void write(Response response, Callback callback, int status, String type, byte[] content) {
        response.setStatus(status);
        response.getHeaders().put(new HttpField(HttpHeader.CONTENT_TYPE, type));
        response.getHeaders().put(HttpHeader.CONTENT_LENGTH, content.length);
        response.write(true, java.nio.ByteBuffer.wrap(content), callback);
    }
}
