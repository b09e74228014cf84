package dev.interlock.evidence;

import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/** Reads the receipts of all segments in order. It skips damaged places and reports them. */
final class SegmentChain {

    private final LogFiles files;
    private final Consumer<LogFinding> findings;
    private final Iterator<String> names;
    private Optional<Segment> segment = Optional.empty();
    private String name = "";
    private Optional<Segment.Frame> ahead = Optional.empty(); // the frame that was read last and not requested yet
    /** The leaf that the next file must begin with; empty behind a damaged place whose length is unknown. */
    private OptionalLong expected = OptionalLong.of(0);

    private Optional<String> hole = Optional.empty(); // the file in which receipts were lost last

    SegmentChain(LogFiles files, Consumer<LogFinding> findings) throws IOException {
        this.files = files;
        this.findings = findings;
        List<String> all = files.below(LogFiles.SEGMENTS);
        this.names = all.stream().map(GzipFile::plain).distinct().iterator();
    }

    /** Returns the file that contains, or should contain, leaf {@code index}. That must be the leaf requested last. */
    String file(long index) {
        boolean here = ahead.filter(frame -> frame.index() == index).isPresent();
        String last = name.isEmpty() ? LogFiles.SEGMENTS : name;
        return here ? last : hole.orElse(last);
    }

    /** Returns the receipt at leaf {@code index}; empty if it is missing or damaged. Indexes must be ascending. */
    Optional<byte[]> entry(long index) throws IOException {
        while (ahead.isEmpty() || ahead.get().index() < index) {
            if (!advance()) {
                return Optional.empty();
            }
        }
        Segment.Frame frame = ahead.get();
        return frame.index() == index && frame.found() == Segment.FrameState.FRAME
                ? segment.map(s -> s.entry(frame))
                : Optional.empty();
    }

    /** Advances to the next receipt, good or damaged; false at the end of the last file. */
    private boolean advance() throws IOException {
        while (segment.isPresent() || open()) {
            Segment.Frame frame = segment.get().next();
            switch (frame.found()) {
                case FRAME, DAMAGED -> {
                    if (frame.found() == Segment.FrameState.DAMAGED) {
                        report(frame, "the receipt does not match its checksum", frame.wasDurable());
                    }
                    ahead = Optional.of(frame);
                    expected = OptionalLong.of(frame.index() + 1);
                    return true;
                }
                case TORN -> {
                    report(frame, "the bytes from " + frame.offset() + " on are not a receipt", false);
                    lose();
                }
                case END -> segment = Optional.empty();
            }
        }
        return false;
    }

    private void lose() {
        segment = Optional.empty();
        expected = OptionalLong.empty();
        hole = Optional.of(name);
    }

    private boolean open() throws IOException {
        while (names.hasNext()) {
            String plain = names.next();
            name = files.stored(plain);
            OptionalLong first = Segment.first(plain.substring(plain.lastIndexOf('/') + 1));
            if (first.isEmpty()) {
                findings.accept(LogFinding.file(name, "it is not a segment"));
                continue;
            }
            requireExpected(first.getAsLong());
            if (read(plain, first.getAsLong())) {
                return true;
            }
        }
        return false;
    }

    private void requireExpected(long first) {
        if (expected.isPresent() && expected.getAsLong() != first) {
            String problem = "it begins with leaf " + first + ", but leaf " + expected.getAsLong() + " was expected";
            findings.accept(LogFinding.file(name, problem));
        }
    }

    private boolean read(String plain, long first) throws IOException {
        try {
            byte[] bytes = files.contents(plain).orElseThrow();
            boolean isEmpty = LogPass.isZeroFrom(bytes, 0);
            if (isEmpty && !names.hasNext()) {
                // It was created, and cut off before its header was durable: it never held a receipt.
                findings.accept(LogFinding.file(name, "the segment is empty").causedBy(LogFinding.Cause.CRASH));
                lose();
                return false;
            }
            segment = Optional.of(new Segment(bytes, first));
            return true;
        } catch (MalformedException e) {
            findings.accept(LogFinding.file(name, String.valueOf(e.getMessage())));
            lose();
            return false;
        }
    }

    /** Reports bytes that are no receipt. Only at the very end can they be a write that a crash interrupted. */
    private void report(Segment.Frame frame, String problem, boolean wasDurable) {
        LogFinding finding = new LogFinding(name, OptionalLong.of(frame.index()), Optional.empty(), problem);
        findings.accept(wasDurable || names.hasNext() ? finding : finding.causedBy(LogFinding.Cause.CRASH));
    }
}
