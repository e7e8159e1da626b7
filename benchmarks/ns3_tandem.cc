// Eight M/M/1 stations in a row at load 0.8 on ns-3's event core, with one event per arrival and one per end of a service.
//
// Kit "plain": std::deque queues of birth times, times drawn by inversion from xoshiro256+, a far cheaper generator than
// ns-3's own. Nothing but events, queues and one sum: the least that such a program can do.
// Kit "packets": as the manual teaches it: Ptr<Packet> with a TimestampTag, DropTailQueue<Packet>, ExponentialRandomVariable.
// Arguments: packets seed scheduler kit. Output: one JSON object; CPU time of Simulator::Run alone.

#include "ns3/drop-tail-queue.h"
#include "ns3/nstime.h"
#include "ns3/object-factory.h"
#include "ns3/packet.h"
#include "ns3/random-variable-stream.h"
#include "ns3/rng-seed-manager.h"
#include "ns3/simulator.h"
#include "ns3/timestamp-tag.h"

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <deque>
#include <string>

namespace
{

constexpr int STATIONS = 8;
constexpr double SERVICE_PS = 1e6;
constexpr double LOAD = 0.8;

class PlainKit
{
  public:
    using Item = int64_t;

    class Queue
    {
      public:
        void Push(Item item)
        {
            m_items.push_back(item);
        }

        Item Pop()
        {
            const Item item = m_items.front();
            m_items.pop_front();
            return item;
        }

        size_t Size() const
        {
            return m_items.size();
        }

      private:
        std::deque<Item> m_items;
    };

    explicit PlainKit(uint64_t seed)
    {
        for (uint64_t& word : m_state)
        {
            seed += 0x9e3779b97f4a7c15;
            uint64_t z = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9;
            z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
            word = z ^ (z >> 31);
        }
    }

    Item Make() const
    {
        return ns3::Simulator::Now().GetTimeStep();
    }

    int64_t Born(Item item) const
    {
        return item;
    }

    ns3::Time Exponential(double mean)
    {
        const double uniform = (static_cast<double>(Next() >> 11) + 0.5) * 0x1p-53;
        return ns3::Time(static_cast<int64_t>(-mean * std::log(uniform)));
    }

  private:
    uint64_t Next()
    {
        const uint64_t result = m_state[0] + m_state[3];
        const uint64_t t = m_state[1] << 17;
        m_state[2] ^= m_state[0];
        m_state[3] ^= m_state[1];
        m_state[1] ^= m_state[2];
        m_state[0] ^= m_state[3];
        m_state[2] ^= t;
        m_state[3] = (m_state[3] << 45) | (m_state[3] >> 19);
        return result;
    }

    uint64_t m_state[4];
};

class PacketKit
{
  public:
    using Item = ns3::Ptr<ns3::Packet>;

    class Queue
    {
      public:
        Queue()
            : m_queue(ns3::CreateObject<ns3::DropTailQueue<ns3::Packet>>())
        {
            m_queue->SetMaxSize(ns3::QueueSize("1048576p"));
        }

        void Push(const Item& item)
        {
            m_queue->Enqueue(item);
        }

        Item Pop()
        {
            return m_queue->Dequeue();
        }

        size_t Size() const
        {
            return m_queue->GetNPackets();
        }

      private:
        ns3::Ptr<ns3::DropTailQueue<ns3::Packet>> m_queue;
    };

    explicit PacketKit(uint64_t seed)
        : m_random(ns3::CreateObject<ns3::ExponentialRandomVariable>())
    {
        ns3::RngSeedManager::SetRun(seed + 1);
    }

    Item Make() const
    {
        Item packet = ns3::Create<ns3::Packet>(60);
        packet->AddPacketTag(ns3::TimestampTag(ns3::Simulator::Now()));
        return packet;
    }

    int64_t Born(const Item& packet) const
    {
        ns3::TimestampTag tag;
        packet->PeekPacketTag(tag);
        return tag.GetTimestamp().GetTimeStep();
    }

    ns3::Time Exponential(double mean)
    {
        return ns3::Time(static_cast<int64_t>(m_random->GetValue(mean, 0)));
    }

  private:
    ns3::Ptr<ns3::ExponentialRandomVariable> m_random;
};

template <class Kit>
class Tandem
{
  public:
    Tandem(uint64_t packets, uint64_t seed)
        : m_left(packets),
          m_kit(seed)
    {
    }

    void Start()
    {
        ns3::Simulator::Schedule(m_kit.Exponential(SERVICE_PS / LOAD), &Tandem::Arrive, this);
    }

    uint64_t Delivered() const
    {
        return m_delivered;
    }

    double MeanServices() const
    {
        return m_sum / static_cast<double>(m_delivered) / SERVICE_PS;
    }

  private:
    using Item = typename Kit::Item;

    void Arrive()
    {
        Push(0, m_kit.Make());
        if (--m_left > 0)
        {
            Start();
        }
    }

    void Push(int station, const Item& item)
    {
        m_queues[station].Push(item);
        if (m_queues[station].Size() == 1)
        {
            Serve(station);
        }
    }

    void Serve(int station)
    {
        ns3::Simulator::Schedule(m_kit.Exponential(SERVICE_PS), &Tandem::End, this, station);
    }

    void End(int station)
    {
        const Item item = m_queues[station].Pop();
        if (m_queues[station].Size() > 0)
        {
            Serve(station);
        }
        if (station + 1 < STATIONS)
        {
            Push(station + 1, item);
        }
        else
        {
            ++m_delivered;
            m_sum += static_cast<double>(ns3::Simulator::Now().GetTimeStep() - m_kit.Born(item));
        }
    }

    uint64_t m_left;
    uint64_t m_delivered{0};
    double m_sum{0};
    Kit m_kit;
    typename Kit::Queue m_queues[STATIONS];
};

template <class Kit>
void
Measure(uint64_t packets, uint64_t seed)
{
    Tandem<Kit> tandem(packets, seed);
    tandem.Start();
    const std::clock_t start = std::clock();
    ns3::Simulator::Run();
    const double cpu_s = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    std::printf("{\"delivered\": %llu, \"cpu_s\": %.6f, \"mean_services\": %.6f}\n",
                static_cast<unsigned long long>(tandem.Delivered()),
                cpu_s,
                tandem.MeanServices());
    ns3::Simulator::Destroy();
}

} // namespace

int
main(int argc, char* argv[])
{
    if (argc != 5)
    {
        std::fprintf(stderr, "usage: ns3_tandem PACKETS SEED SCHEDULER plain|packets\n");
        return 2;
    }
    ns3::Time::SetResolution(ns3::Time::PS);
    ns3::ObjectFactory scheduler;
    scheduler.SetTypeId(std::string("ns3::") + argv[3]);
    ns3::Simulator::SetScheduler(scheduler);

    const uint64_t packets = std::strtoull(argv[1], nullptr, 10);
    const uint64_t seed = std::strtoull(argv[2], nullptr, 10);
    if (std::strcmp(argv[4], "packets") == 0)
    {
        Measure<PacketKit>(packets, seed);
    }
    else
    {
        Measure<PlainKit>(packets, seed);
    }
    return 0;
}
