package dev.interlock.front.http;

import dev.interlock.action.Bytes;
import dev.interlock.action.Fact;
import dev.interlock.gate.AnswerScreen;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * A stream of events, of which each passes once it is whole and screened. One that is too long is a file without a
 * name, and what is left of one at the end is no event.
 */
final class ScreenedEvents extends UpstreamAnswer.BodyFilter {

    private final AnswerScreen screen;
    private final UnaryOperator<Bytes> screened;
    private final EventLines.EventSplitter splitter = new EventLines.EventSplitter();
    private final AnswerMemory.HeldBytes event;
    private boolean isOpen;

    ScreenedEvents(
            UpstreamAnswer.AnswerBody body,
            AnswerScreen screen,
            UnaryOperator<Bytes> screened,
            AnswerMemory.Room room) {
        super(body);
        this.event = room.held();
        this.screen = screen;
        this.screened = screened;
    }

    @Override
    public Optional<byte[]> next() throws IOException {
        Optional<byte[]> piece = body.next();
        if (isOpen || piece.isEmpty()) {
            return piece;
        }
        ByteArrayOutputStream passed = new ByteArrayOutputStream();
        for (byte b : piece.get()) {
            if (!event.add(b)) {
                throw new AnswerMemory.NoRoomException();
            }
            Optional<Bytes> data = splitter.next(b);
            if (splitter.isBetween()) {
                byte[] whole = event.take();
                passed.writeBytes(data.map(message -> shown(whole, message)).orElse(whole));
            }
        }
        if (event.size() > ScreenedAnswer.MAX_BODY) {
            if (!screen.shows(Fact.UNNAMED)) {
                throw new IOException(ScreenedAnswer.UNKNOWN);
            }
            isOpen = true;
            passed.writeBytes(event.take());
        }
        return Optional.of(passed.toByteArray());
    }

    private byte[] shown(byte[] whole, Bytes message) {
        Bytes shown = screened.apply(message);
        return shown.equals(message) ? whole : ToolAnswers.replaced(whole, shown);
    }

    @Override
    public void close() {
        super.close();
        event.close();
    }
}
