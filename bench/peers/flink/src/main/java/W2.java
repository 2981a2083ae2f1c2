// SPDX-License-Identifier: BSL-1.0
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.RichSinkFunction;
import org.apache.flink.streaming.api.functions.source.SourceFunction;
import org.apache.flink.streaming.api.functions.windowing.ProcessWindowFunction;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.Collector;

/**
 * W2 IN.events: count and sum by key over tumbling windows, at parallelism 1, events and state in
 * memory. Runs all events to warm up, 1,000 events for what a job's start takes, and all again:
 * "seconds S start S count N sum HEX".
 */
public final class W2 {
  private static final int START_EVENTS = 1_000;

  public static class Event {
    public long ms;
    public int key;
    public int value;
  }

  public static class Totals implements java.io.Serializable {
    public int key;
    public long endMs;
    public long count;
    public long sum;
  }

  private static long[] times;
  private static int[] keys;
  private static int[] values;
  private static long checkCount;
  private static long checkSum;

  static class Source implements SourceFunction<Event> {
    private static final int BLOCK = 1024;
    private final int events;
    private volatile boolean running = true;

    Source(int events) {
      this.events = events;
    }

    @Override
    public void run(SourceContext<Event> out) {
      final Event event = new Event(); // objects are reused: nothing downstream keeps it
      for (int next = 0; next < events && running; ) {
        synchronized (out.getCheckpointLock()) {
          for (int end = Math.min(events, next + BLOCK); next < end; ++next) {
            event.ms = times[next];
            event.key = keys[next];
            event.value = values[next];
            out.collect(event);
          }
        }
      }
    }

    @Override
    public void cancel() {
      running = false;
    }
  }

  static class CountAndSum implements AggregateFunction<Event, long[], long[]> {
    @Override
    public long[] createAccumulator() {
      return new long[2];
    }

    @Override
    public long[] add(Event event, long[] totals) {
      totals[0] += 1;
      totals[1] += event.value;
      return totals;
    }

    @Override
    public long[] getResult(long[] totals) {
      return totals;
    }

    @Override
    public long[] merge(long[] a, long[] b) {
      a[0] += b[0];
      a[1] += b[1];
      return a;
    }
  }

  static class WithWindow extends ProcessWindowFunction<long[], Totals, Integer, TimeWindow> {
    private final Totals result = new Totals();

    @Override
    public void process(
        Integer key, Context context, Iterable<long[]> totals, Collector<Totals> out) {
      final long[] both = totals.iterator().next();
      result.key = key;
      result.endMs = context.window().getEnd();
      result.count = both[0];
      result.sum = both[1];
      out.collect(result);
    }
  }

  static class Summing extends RichSinkFunction<Totals> {
    private long results;
    private long mixed;

    @Override
    public void invoke(Totals r, Context context) {
      ++results;
      mixed +=
          ((r.key & 0xFFFFFFFFL) * 0x9E3779B97F4A7C15L ^ r.endMs * 1000)
              + r.count * 0xD1B54A32D192ED03L
              + r.sum * 31;
    }

    @Override
    public void close() {
      checkCount = results;
      checkSum = mixed;
    }
  }

  private static void read(Path path) throws Exception {
    try (FileChannel file = FileChannel.open(path)) {
      final ByteBuffer bytes =
          file.map(FileChannel.MapMode.READ_ONLY, 0, file.size()).order(ByteOrder.LITTLE_ENDIAN);
      final int n = (int) (file.size() / 16);
      times = new long[n];
      keys = new int[n];
      values = new int[n];
      for (int i = 0; i < n; ++i) {
        times[i] = bytes.getLong() / 1000;
        keys[i] = bytes.getInt();
        values[i] = bytes.getInt();
      }
    }
  }

  private static double seconds(int events) throws Exception {
    final StreamExecutionEnvironment env =
        StreamExecutionEnvironment.createLocalEnvironment(1, new Configuration());
    env.getConfig().enableObjectReuse();
    env.getConfig().setAutoWatermarkInterval(50);
    env.addSource(new Source(events))
        .returns(Types.POJO(Event.class))
        .assignTimestampsAndWatermarks(
            WatermarkStrategy.<Event>forBoundedOutOfOrderness(Duration.ofSeconds(5))
                .withTimestampAssigner((event, before) -> event.ms))
        .keyBy(event -> event.key, Types.INT)
        .window(TumblingEventTimeWindows.of(Duration.ofSeconds(10)))
        .aggregate(
            new CountAndSum(),
            new WithWindow(),
            PrimitiveArrayTypeInfo.LONG_PRIMITIVE_ARRAY_TYPE_INFO,
            PrimitiveArrayTypeInfo.LONG_PRIMITIVE_ARRAY_TYPE_INFO,
            Types.POJO(Totals.class))
        .addSink(new Summing());
    final long begin = System.nanoTime();
    env.execute();
    return (System.nanoTime() - begin) / 1e9;
  }

  public static void main(String[] args) throws Exception {
    read(Path.of(args[0]));
    seconds(times.length);
    final double start = seconds(Math.min(START_EVENTS, times.length));
    final double all = seconds(times.length);
    System.out.printf(
        "seconds %.6f start %.6f count %d sum %016x%n", all, start, checkCount, checkSum);
  }
}
