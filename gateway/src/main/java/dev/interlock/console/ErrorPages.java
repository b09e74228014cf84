package dev.interlock.console;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;

/** Error pages. Requests that Jetty refuses by itself, before any route, get our own text alone, too. */
final class ErrorPages extends ErrorHandler {

    private final Console.ConsoleAddress place;

    ErrorPages(Console.ConsoleAddress place) {
        this.place = place;
    }

    byte[] page(ConsoleHandler.RequestRefusedException why, Optional<Sessions.Session> session) {
        Layout layout = new Layout("No", "", session);
        return Templates.render((output, none) -> JteerrorGenerated.render(
                        output, none, layout, why.status(), String.valueOf(why.getMessage()), why.next()))
                .getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        SecurityHeaders.put(response, place);
        int status = HttpStatus.isClientError(response.getStatus()) ? response.getStatus() : 400;
        byte[] page = page(
                new ConsoleHandler.RequestRefusedException(
                        status, "The request is invalid.", "Go back, and try again."),
                Optional.empty());
        response.setStatus(status);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, SecurityHeaders.HTML);
        response.write(true, ByteBuffer.wrap(page), callback);
        return true;
    }
}
