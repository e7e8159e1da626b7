// Eight M/M/1 stations in a row at load 0.8, written for ns-3's core alone: no nodes, no packets, no tracing.
//
// One member function per event (arrival, end of a service), plain std::deque queues of birth times, exponential times drawn by
// inversion from xoshiro256+, a much cheaper generator than ns-3's own: nothing but events, queues and one sum.
// Arguments: packets seed scheduler. Output: one JSON object; CPU time of Simulator::Run alone.

#include "ns3/nstime.h"
#include "ns3/object-factory.h"
#include "ns3/simulator.h"

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <string>

namespace
{

constexpr int STATIONS = 8;
constexpr double SERVICE_PS = 1e6;
constexpr double LOAD = 0.8;

class Random
{
  public:
    explicit Random(uint64_t seed)
    {
        for (uint64_t& word : m_state)
        {
            seed += 0x9e3779b97f4a7c15;
            uint64_t z = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9;
            z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
            word = z ^ (z >> 31);
        }
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

class Tandem
{
  public:
    Tandem(uint64_t packets, uint64_t seed)
        : m_left(packets),
          m_random(seed)
    {
    }

    void Start()
    {
        ns3::Simulator::Schedule(m_random.Exponential(SERVICE_PS / LOAD), &Tandem::Arrive, this);
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
    void Arrive()
    {
        Push(0, ns3::Simulator::Now().GetTimeStep());
        if (--m_left > 0)
        {
            Start();
        }
    }

    void Push(int station, int64_t born)
    {
        m_queues[station].push_back(born);
        if (m_queues[station].size() == 1)
        {
            Serve(station);
        }
    }

    void Serve(int station)
    {
        ns3::Simulator::Schedule(m_random.Exponential(SERVICE_PS), &Tandem::End, this, station);
    }

    void End(int station)
    {
        const int64_t born = m_queues[station].front();
        m_queues[station].pop_front();
        if (!m_queues[station].empty())
        {
            Serve(station);
        }
        if (station + 1 < STATIONS)
        {
            Push(station + 1, born);
        }
        else
        {
            ++m_delivered;
            m_sum += static_cast<double>(ns3::Simulator::Now().GetTimeStep() - born);
        }
    }

    uint64_t m_left;
    uint64_t m_delivered{0};
    double m_sum{0};
    Random m_random;
    std::deque<int64_t> m_queues[STATIONS];
};

} // namespace

int
main(int argc, char* argv[])
{
    if (argc != 4)
    {
        std::fprintf(stderr, "usage: ns3_tandem PACKETS SEED SCHEDULER\n");
        return 2;
    }
    ns3::Time::SetResolution(ns3::Time::PS);
    ns3::ObjectFactory scheduler;
    scheduler.SetTypeId(std::string("ns3::") + argv[3]);
    ns3::Simulator::SetScheduler(scheduler);

    Tandem tandem(std::strtoull(argv[1], nullptr, 10), std::strtoull(argv[2], nullptr, 10));
    tandem.Start();
    const std::clock_t start = std::clock();
    ns3::Simulator::Run();
    const double cpu_s = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    std::printf("{\"delivered\": %llu, \"cpu_s\": %.6f, \"mean_services\": %.6f}\n",
                static_cast<unsigned long long>(tandem.Delivered()),
                cpu_s,
                tandem.MeanServices());
    ns3::Simulator::Destroy();
    return 0;
}
