package dev.interlock.console;

import dev.interlock.adminapi.EvidenceQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;

/** What agents' calls became today, hour by hour of the reader's day, and how long people took to answer. */
record DayChart(String until, List<Hour> hours, String answers) {

    private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("HH:mm", Locale.ROOT);

    /** The width of an hour in the drawing, and the height of its tallest bar. */
    private static final int WIDTH = 10;

    private static final int HEIGHT = 40;

    record Hour(String from, long passed, long asked, long denied) {

        boolean isEmpty() {
            return passed + asked + denied == 0;
        }
    }

    record Bar(int x, int y, int height) {}

    /** One of the three drawings. Each has a scale of its own: an agent passes a thousand times and asks once. */
    record Series(String mood, String name, long total, String words, List<Bar> bars) {}

    static DayChart of(ConsoleRequest request, Instant now) throws AdminRefusedException {
        ZoneId zone = request.zone();
        ZonedDateTime start = now.atZone(zone).toLocalDate().atStartOfDay(zone);
        ZonedDateTime end = start.toLocalDate().plusDays(1).atStartOfDay(zone);
        EvidenceQuestion.ReceiptCounts counts =
                request.ask(new EvidenceQuestion.CountReceipts(start.toInstant(), end.toInstant()));
        List<Hour> hours = new ArrayList<>();
        for (ZonedDateTime at = start; at.isBefore(end); at = at.plusHours(1)) {
            hours.add(hour(at, counts.quarters()));
        }
        return new DayChart(
                CLOCK.format(now.atZone(zone)) + " " + zone.getId(),
                List.copyOf(hours),
                counts.medianSeconds()
                        .map(seconds -> "People answered in " + DisplayText.duration(Duration.ofSeconds(seconds))
                                + " (median).")
                        .orElse("Nobody had to answer a question yet."));
    }

    private static Hour hour(ZonedDateTime from, List<EvidenceQuestion.CountedQuarter> quarters) {
        List<EvidenceQuestion.CountedQuarter> in = quarters.stream()
                .filter(one -> !one.from().isBefore(from.toInstant())
                        && one.from().isBefore(from.plusHours(1).toInstant()))
                .toList();
        return new Hour(
                CLOCK.format(from),
                in.stream().mapToLong(EvidenceQuestion.CountedQuarter::passed).sum(),
                in.stream().mapToLong(EvidenceQuestion.CountedQuarter::asked).sum(),
                in.stream().mapToLong(EvidenceQuestion.CountedQuarter::denied).sum());
    }

    List<Series> series() {
        return List.of(
                series("good", "passed", Hour::passed),
                series("wait", "asked people", Hour::asked),
                series("bad", "denied", Hour::denied));
    }

    private Series series(String mood, String name, ToLongFunction<Hour> count) {
        long total = hours.stream().mapToLong(count).sum();
        Hour busiest = hours.stream().max(Comparator.comparingLong(count)).orElseThrow();
        long most = count.applyAsLong(busiest);
        List<Bar> bars = IntStream.range(0, hours.size())
                .filter(i -> count.applyAsLong(hours.get(i)) > 0)
                .mapToObj(i -> {
                    int height = (int) Math.max(2, HEIGHT * count.applyAsLong(hours.get(i)) / most);
                    return new Bar(i * WIDTH + 1, HEIGHT - height, height);
                })
                .toList();
        String words =
                name + ", by hour: " + (most == 0 ? "none" : "most from " + busiest.from() + " on, which had " + most);
        return new Series(mood, name, total, words, bars);
    }

    String box() {
        return "0 0 " + hours.size() * WIDTH + " " + HEIGHT;
    }
}
